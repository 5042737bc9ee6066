import type { Reason } from '../model/index.js';
import { type BlockLayer, layersOf } from './block-stack.js';
import { type MediumReasonCode, mediumReason } from './method-limits.js';

/** Why overwriting a block of this layer does not reach where it was stored before. */
function codeOf({ kind, disk }: BlockLayer): MediumReasonCode | undefined {
  if (kind === 'lvm-thin' || kind === 'lvm-snapshot' || kind === 'zvol') return 'volume-snapshot';
  if (kind === 'mapped') return 'mapping-unknown';
  if (kind === 'network') return 'network-storage';
  if (kind === 'cache') return 'cache-device';
  return disk?.zoned === true ? 'log-structured' : undefined;
}

/**
 * What the layers below a file system leave behind.
 * @param judgeImage says the same of the image of a loop device
 */
export function residualOfLayers(
  top: BlockLayer,
  judgeImage: (image: string) => readonly Reason[],
): Reason[] {
  const found = new Map<string, Reason>();
  for (const layer of layersOf(top)) {
    const code = codeOf(layer);
    if (code !== undefined) found.set(code, mediumReason(code, layer.name));
    if (layer.kind !== 'loop' || layer.detail === null) continue;
    for (const { code: below } of judgeImage(layer.detail)) {
      // An image that is open for writing lies in the upper layer of an overlay already.
      if (below !== 'overlay-lower-layer') found.set('image-storage', mediumReason('image-storage', below));
    }
  }
  return [...found.values()];
}
