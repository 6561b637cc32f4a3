import type { OfferView } from '../api/types';
import type { Texts } from '../i18n';

/** Who calls, and how it came to this officer. */
export function titleOf(offer: OfferView, t: Texts['t']): string {
  if (offer.joins) return t(offer.joins_as === 'transfer' ? 'offerTransfer' : 'offerSpecialist');
  if (offer.forced) return t('offerForced', { place: offer.point_name });
  return offer.direct ? t('offerDirect') : t('offerTitle', { place: offer.point_name });
}
