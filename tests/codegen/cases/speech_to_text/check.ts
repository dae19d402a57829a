import { NoSpeech, type Segment, type SpeechToText } from "./speech-to-text.js";
import { safe } from "./runtime/index.js";

async function* microphone(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(new Int16Array(160).buffer);
}

export async function check(client: SpeechToText): Promise<void> {
  let shown = "";
  for await (const heard of client.listen(microphone(), { rate: 16_000 }, { language: "de" })) {
    if (heard.type === "partial") shown = heard.text;
    else shown = heard.segment.words.map(([text, begin, end]) => `${text} ${end - begin}`).join();
  }
  const heard = (segment: Segment) => console.log(segment.speaker ?? "somebody");
  const onProgress = (done: number) => console.log(done / 1000);
  const [error, segments] = await safe(client.transcribe("a.wav", heard, { onProgress }));
  if (error instanceof NoSpeech) console.log(error.data.longestSilence);
  if (segments) console.log(await client.subtitles(segments));
  await client.subtitles([{ words: [["Hello", 0, 500]] }], { width: 30 });
  const german: number | undefined = (await client.languages()).de;
  // @ts-expect-error: nobody records at that rate
  client.listen(microphone(), { rate: 22_050 });
  // @ts-expect-error: nor speaks that language
  client.listen(microphone(), {}, { language: "la" });
  // @ts-expect-error: samples are bytes
  client.listen([[1, 2, 3]], {});
  // @ts-expect-error: a word begins and ends
  await client.subtitles([{ words: [["Hello"]] }]);
  console.log(shown, german);
}
