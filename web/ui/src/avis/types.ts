import type { Bilingual } from '../api/types';

/** The views of AVIS' work environments. Money is whole cents, days are `YYYY-MM-DD`, months `YYYY-MM`. */
export type Kind = 'percent' | 'fixed_unit' | 'final_price';
export type InstructionState = 'draft' | 'active' | 'suspended' | 'ended';

export interface Body {
  name: Bilingual;
  kind: Kind;
  /** basis points of a percent, else cents */
  value: number;
  valid_from: string;
  valid_to: string | null;
  group_id: string | null;
  programme_id: string | null;
  exclusive: boolean;
  include: string[];
  exclude: string[];
  max_quantity: number | null;
  cap_transaction: number | null;
  cap_month: number | null;
  count_month: number | null;
  outlets: string[];
}

export interface Instruction {
  id: string;
  version: number;
  state: InstructionState;
  priority: number;
  body: Body;
}

export interface Group {
  id: string;
  name: Bilingual;
  source: 'list' | 'dagr';
  criterion: string | null;
  as_of_ms: number | null;
  members: number;
}

export interface Programme {
  id: string;
  merchant: string;
  name: Bilingual;
  members: number;
  joined: boolean;
}

export interface System {
  client_id: string;
  kind: string;
  name: string;
  active: boolean;
}

export interface Outlet {
  id: string;
  name: string;
  atvk: string;
  address: string;
  active: boolean;
}

export interface Item {
  sku: string;
  name: string;
  category: string;
  unit_cents: number;
}

export interface Overview {
  party: { reg_no: string; name: string; sector: string | null };
  names: Record<string, string>;
  instructions: Instruction[];
  groups: Group[];
  programmes: Programme[];
  contracts: { grantor: string; provider: string; valid_from: string; valid_to: string | null }[];
  systems: System[];
  outlets: Outlet[];
  items: Item[];
  today: string;
}

export interface Preview {
  recipients: number;
  gross_cents: number;
  benefit_cents: number;
  paid_cents: number;
  why: string;
}

export interface Means {
  id: string;
  kind: string;
  label: string;
  state: 'pending' | 'active' | 'blocked' | 'expired' | 'revoked';
  issued_by: string;
  created_ms: number;
  valid_to: string | null;
}

export interface Owed {
  grantor: string;
  provider: string;
  instruction: string;
  name: Partial<Bilingual>;
  transactions: number;
  cents: number;
  self_funded: boolean;
}

export interface Cell {
  row: string;
  column: string;
  transactions: number;
  gross_cents: number;
  benefit_cents: number;
}

export interface Sale {
  id: string;
  at_ms: number;
  outlet: string;
  gross_cents: number;
  paid_cents: number;
  reversed_cents: number;
}

export interface Indicators {
  rr1_transactions: number;
  rr2_merchants: number;
  rr3_cents: number;
}

/** How far the checks of all history are; `due`: months that wait since somebody asked; times 0: not every month was checked yet. */
export interface CheckedMonths {
  total: number;
  checked: number;
  due: number;
  oldest_ms: number;
  newest_ms: number;
  wrong: string[];
}

export interface Health {
  health: { checks: Record<string, number>; counts: Record<string, number>; months: CheckedMonths };
  indicators: Indicators;
  this_month: Indicators;
}
