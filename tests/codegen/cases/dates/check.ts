import type { Dates, Meeting } from "./dates.js";

export async function check(client: Dates): Promise<void> {
  const now: Date = await client.now();
  const year: number = now.getFullYear();
  const meeting: Meeting | null = await client.next(now);
  const ends: Date | null | undefined = meeting?.ends;
  const [first] = await client.day("2026-01-31");
  const remind: number | undefined = first?.reminders[0]?.getTime();
  const begins = new Date();
  const single = { begins, reminders: [], day: "2026-01-31", at: "13:45:00" };
  const until = new Date(2026, 0, 31);
  const dates: Record<string, Date> = await client.plan(
    { title: "a", meetings: { single } },
    { until },
  );
  // @ts-expect-error: a moment is no text
  await client.next("2026-01-31T13:45:00Z");
  // @ts-expect-error: nor a number
  await client.plan({ title: "a", meetings: {} }, { until: Date.now() });
  // @ts-expect-error: a day is no moment
  await client.day(new Date());
  // @ts-expect-error: nor is a time of day
  const hour: Date = await client.hour("13:45:00");
  console.log(year, ends, remind, dates, hour);
}
