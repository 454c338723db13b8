// A list is read in parts, as far as somebody scrolls.
import { type Box, type Filter, type Lists, type Ticket, call } from './api';
import { pace, queries } from './live';

export const partSize = 100; // rows that the server sends at once

/** How a part of a list is asked for. */
export const part = (box: Box, filter: Filter, from: number) => ({
  queryKey: ['tickets', box, filter, from],
  queryFn: ({ signal }: { signal: AbortSignal }) => {
    const q = Object.entries({ box, ...filter, from: from || '' }).filter(([, v]) => v).map(([k, v]) => `${k}=${encodeURIComponent(v!)}`);
    return call<Lists>(`tickets?${q.join('&')}`, { signal });
  },
  refetchInterval: pace,
});

/** The rows of a list that were read, by their place. */
export function rowsOf(parts: (Lists | undefined)[]): Map<number, Ticket> {
  const rows = new Map<number, Ticket>();
  for (const p of parts) p?.tickets.forEach((k, i) => rows.set((p.from ?? 0) + i, k));
  return rows;
}

/** The same, of what is kept, in order. */
export const kept = (box: Box, filter: Filter): Ticket[] => {
  const rows = rowsOf(queries.getQueriesData<Lists>({ queryKey: ['tickets', box, filter] }).map(([, l]) => l));
  return [...rows].sort((a, b) => a[0] - b[0]).map(([, k]) => k);
};
