/**
 * Round numbers for an axis: at most `most` steps of 1, 2 or 5 times a power of ten, from 0 to at least `top`; `whole`
 * for what is counted.
 */
export function ticks(top: number, whole = false, most = 5): number[] {
  if (!(top > 0)) return [0, 1];
  const rough = top / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const fine = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  const step = whole ? Math.max(1, Math.ceil(fine)) : fine;
  const found = [];
  for (let n = 0; n * step < top + step; n++) found.push(Number((n * step).toPrecision(12)));
  return found;
}

/** Every how manieth label is written, so that they stay apart: `room` pixels for `count` labels of `width` pixels. */
export function everyNth(count: number, room: number, width: number): number {
  return Math.max(1, Math.ceil((count * width) / Math.max(room, 1)));
}

/** Longitude and latitude as they lie on a page: equirectangular, true at the middle of the country. */
export function project(lon: number, lat: number, middle = 56.9): { x: number; y: number } {
  return { x: lon * Math.cos((middle * Math.PI) / 180), y: -lat };
}
