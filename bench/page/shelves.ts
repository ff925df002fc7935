import { opfsShelf } from 'syncharts/storage';
import { freshName } from './device.ts';
import { openRaw } from './rawDatabase.ts';
import { paired, type Samples, timed } from './samples.ts';
import { idOf, withoutId } from './todos.ts';

/** About what a change comes to, as text. */
const text = JSON.stringify({ text: 'x'.repeat(400) });

/** Places where a second copy could stand, by name; each resolves when the platform says it is kept. */
const places: Readonly<Record<string, () => Promise<(n: number) => Promise<unknown>>>> = {
  'a flushed file': async () => {
    const shelf = await opfsShelf().open(freshName());
    return () => shelf.append('lines', `${text}\n`);
  },
  'Cache Storage': async () => {
    const cache = await caches.open(freshName());
    return (n) => cache.put(`/${n}`, new Response(text));
  },
  localStorage: async () => async (n) => localStorage.setItem('shelf', `${n}${text}`),
};

export const shelfPlaces = Object.keys(places);

/** One text after another in a place, per text, beside one raw strict put each. */
export async function shelves(place: string, texts: number, rounds: number): Promise<Samples> {
  const keep = await (places[place] as (typeof places)[string])();
  const raw = await openRaw(freshName());
  let n = 0;
  const each = async (write: () => Promise<unknown>) => {
    const ms = await timed(async () => {
      for (let i = 0; i < texts; i++) await write();
    });
    return ms / texts;
  };
  const samples = await paired(
    rounds,
    () => each(() => keep(++n)),
    () => each(() => raw.put([{ id: idOf(++n), ...withoutId(n), note: text }])),
  );
  raw.close();
  return samples;
}
