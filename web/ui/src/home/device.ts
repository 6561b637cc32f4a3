import type { Api, ApiError, DeviceAuth } from '../api/client';
import { drawer, newKeys, Prover } from '../kiosk/keys';

const kept = drawer('klatiene-home');

/** This browser as the one device that a personal link is good for. */
export class HomeDevice extends Prover implements DeviceAuth {
  /** The device by which somebody came here before, in a conversation that was not over then. */
  static async known(): Promise<HomeDevice | null> {
    const found = await kept.read().catch(() => null);
    return found?.access ? new HomeDevice(found) : null;
  }

  static async fresh(): Promise<HomeDevice> {
    return new HomeDevice({ keys: await newKeys() });
  }

  async mend(error: ApiError): Promise<boolean> {
    return error.code === 'proof_invalid' && this.mendClock(error);
  }

  /** When the conversation is to begin; null: now. From here on the link is this device's. */
  async open(api: Api, code: string): Promise<number | null> {
    const opened = await api.asDevice(this, () => api.openHome(code));
    this.kept = { keys: this.kept.keys, access: opened.access_token, accessUntil: Date.now() + opened.expires_in * 1000 };
    await kept.keep(this.kept);
    return opened.starts_at_ms;
  }
}

/** Key and token are gone, and nobody can come back by them. */
export async function forgetDevice(): Promise<void> {
  await kept.forget().catch(() => undefined);
}
