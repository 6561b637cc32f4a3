import type { ComponentType } from 'react';

import { BenefitsWidget, MeansWidget, ProgrammesWidget, UsedWidget } from './benefits';
import { ConsultationsWidget, MeWidget, OpenNowWidget, ViewedWidget } from './own';
import { PowersWidget } from './PowersWidget';

/** By the names that a layout knows. */
export const WIDGETS: Record<string, ComponentType> = {
  me: MeWidget,
  benefits: BenefitsWidget,
  means: MeansWidget,
  used: UsedWidget,
  powers: PowersWidget,
  programmes: ProgrammesWidget,
  consultations: ConsultationsWidget,
  open_now: OpenNowWidget,
  viewed: ViewedWidget,
};
