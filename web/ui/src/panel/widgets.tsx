import type { ComponentType } from 'react';

import { BenefitsWidget, MeansWidget, ProgrammesWidget, UsedWidget } from './benefits';
import { ConsultationsWidget } from './ConsultationsWidget';
import { MeWidget } from './MeWidget';
import { OpenNowWidget, ViewedWidget } from './own';
import { PowersWidget } from './PowersWidget';
import { EaddressWidget, SuggestionsWidget } from './state';

/** By the names that a layout knows. */
export const WIDGETS: Record<string, ComponentType> = {
  me: MeWidget,
  benefits: BenefitsWidget,
  means: MeansWidget,
  used: UsedWidget,
  powers: PowersWidget,
  programmes: ProgrammesWidget,
  consultations: ConsultationsWidget,
  eaddress: EaddressWidget,
  suggestions: SuggestionsWidget,
  open_now: OpenNowWidget,
  viewed: ViewedWidget,
};
