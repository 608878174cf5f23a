import { EndpointError, quote } from './errors';
import { knownRegions, partitions } from './partitions';

// The words before a region's number. A new region combines known words in a new way (us-east-3); a typing error
// makes a new word.
const directions = new Set('north south east west central northeast northwest southeast southwest'.split(' '));

const availabilityZone = /^([a-z]+(?:-[a-z]+)+-\d+)[a-z]$/;

/**
 * Returns a region's partition. A region that is well-formed but unknown to this version comes with a warning, any
 * other throws an EndpointError; both name the nearest known one.
 */
export function checkRegion(region: string): { partition: string; warning?: string } {
  const known = partitions.find((p) => p.regions.includes(region));
  if (known) {
    return { partition: known.id };
  }
  const zone = availabilityZone.exec(region);
  if (zone) {
    throw new EndpointError(`${quote(region)} is an availability zone, its region is ${quote(zone[1])}`);
  }
  const parts = region.split('-');
  if (parts.length >= 3 && directions.has(parts[parts.length - 2])) {
    const shaped = partitions.find((p) => p.regionShape.test(region));
    if (shaped) {
      const near = quote(nearestRegion(region));
      return {
        partition: shaped.id,
        warning: `region ${quote(region)} is not known to this version; the nearest known one is ${near}`,
      };
    }
  }
  throw new EndpointError(`${quote(region)} is not an AWS region; the nearest one is ${quote(nearestRegion(region))}`);
}

export function nearestRegion(region: string): string {
  let best = '';
  let distance = Infinity;
  for (const candidate of knownRegions()) {
    const d = editDistance(region.toLowerCase().slice(0, 64), candidate);
    if (d < distance) {
      best = candidate;
      distance = d;
    }
  }
  return best;
}

// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
function editDistance(a: string, b: string): number {
  const d = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array<number>(b.length).fill(0)]);
  d[0] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      d[i][j] = Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.length][b.length];
}
