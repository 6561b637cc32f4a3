import { NotFound } from '../pages/Plain';
import { Grants } from './Grants';
import { Indicators } from './Indicators';
import { Points } from './Points';

/** The pages of whoever looks after the network of contact points. */
export function NetworkConsole({ path }: { path: string }) {
  if (path === '/network/grants') return <Grants />;
  if (path === '/network' || path === '/network/points') return <Points />;
  if (path === '/network/indicators') return <Indicators />;
  return <NotFound />;
}
