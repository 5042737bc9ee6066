import type { Whereabouts } from '../certificate/index.js';
import type { DeviceFacts, SanitizationMethod, SanitizationOptions } from '../shred/index.js';
import type { DeviceAuthority } from './device-authority.js';

export interface DeviceRequest extends Omit<SanitizationOptions, 'protectedPaths'> {
  device: DeviceFacts;
  method: SanitizationMethod;
  /** Id of the one technique that is wanted, instead of the preferred one. */
  technique: string | null;
  /** Id of the device in the inventory. */
  itemId: string | null;
  /** The plan that disposes of the item, which is closed then. */
  planId: string | null;
  whereabouts: Whereabouts;
  authority: DeviceAuthority;
}
