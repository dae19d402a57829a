import { Container, EncoderFailed, type MediaConversion, Unsupported } from "./media-conversion.js";
import { safe } from "./runtime/index.js";

export async function check(client: MediaConversion, signal: AbortSignal): Promise<void> {
  const media = await client.probe("a.mov");
  const widths = media.tracks.map((track) => (track.type === "video" ? track.width : 0));
  const preset = { container: Container.WEBM, scale: { width: 640 }, end: media.duration / 2 };
  const [error, made] = await safe(
    client.convert("a.mov", "a.webm", preset, {
      signal,
      onProgress: ({ done, speed }) => console.log(done / media.duration, speed),
    }),
  );
  if (error instanceof EncoderFailed) console.log(error.data.exitCode, error.data.lastLines.join());
  else if (error instanceof Unsupported) console.log(error.data.path);
  else if (!error) console.log(made.size);
  const job: number = await client.enqueue("a", "b", { tracks: [0, 1] });
  await client.enqueue("a", "b", { tracks: "all" });
  const frame: Uint8Array = await client.frame("a", 1_500);
  client.jobs.on((jobs) => {
    const state = jobs[job];
    if (state?.type === "running") console.log(state.report.done);
    if (state?.type === "failed") console.log(state.reason);
  });
  // @ts-expect-error: there is no such container
  await client.enqueue("a", "b", { container: "avi" });
  // @ts-expect-error: a place in time is a number
  await client.frame("a", "00:00:01");
  // @ts-expect-error: only sound has channels
  media.tracks.map(({ channels }) => channels);
  // @ts-expect-error: some tracks, or all
  await client.enqueue("a", "b", { tracks: "some" });
  console.log(widths, frame);
}
