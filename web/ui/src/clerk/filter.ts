import type { Agency, GroupView, OfficerCard } from '../api/types';

export interface OfficerFilter {
  text: string;
  agency: string;
  group: string;
  language: string;
  onlyAvailable: boolean;
}

export const NO_FILTER: OfficerFilter = { text: '', agency: '', group: '', language: '', onlyAvailable: false };

/** Letters without their marks, lower case: "Pabalsti gimenem" finds "Pabalsti ģimenēm". */
export function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

export interface AgencyOfficers {
  agency: Agency;
  officers: OfficerCard[];
}

/** Officers that match, by agency, those who can answer first. */
export function choose(
  filter: OfficerFilter,
  agencies: Agency[],
  groups: GroupView[],
  officers: OfficerCard[],
): AgencyOfficers[] {
  const names = new Map(groups.map((group) => [group.id, plain(`${group.name.lv} ${group.name.en}`)]));
  const wanted = plain(filter.text.trim());
  const matches = (officer: OfficerCard, agency: Agency): boolean => {
    if (filter.group && !officer.groups.some((group) => group.id === filter.group)) return false;
    if (filter.language && !officer.languages.includes(filter.language)) return false;
    if (filter.onlyAvailable && officer.indicator !== 'available') return false;
    if (!wanted) return true;
    const words = [plain(officer.name), plain(`${agency.code} ${agency.name.lv} ${agency.name.en}`)];
    return [...words, ...officer.groups.map((group) => names.get(group.id) ?? '')].some((each) => each.includes(wanted));
  };
  return agencies
    .filter((agency) => !filter.agency || agency.id === filter.agency)
    .map((agency) => ({
      agency,
      officers: officers
        .filter((officer) => officer.agency_id === agency.id && matches(officer, agency))
        .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'lv')),
    }))
    .filter((each) => each.officers.length > 0);
}

function rank(officer: OfficerCard): number {
  const order = ['available', 'ringing', 'busy', 'wrap_up', 'away', 'offline'];
  return order.indexOf(officer.indicator) * 2 + (officer.simulated ? 1 : 0);
}
