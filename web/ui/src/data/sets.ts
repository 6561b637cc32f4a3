export const SETS = [
  'avis-benefits',
  'avis-providers',
  'avis-grantors',
  'avis-transactions',
  'avis-recipient-groups',
  'remote-officer-usage',
  'contact-points',
] as const;

export interface QualityReport {
  id: string;
  dataset: string;
  created_ms: number;
  text: string;
  state: 'open' | 'answered' | 'mended' | 'refused';
  answer: string | null;
  answered_ms: number | null;
}
