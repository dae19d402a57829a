import { useEffect, useState } from "react";
import { everything, follow, search, worker } from "./client";
import { type Photo, Mood } from "./rpc/studio";

const MOODS: Record<Mood, string> = { [Mood.CALM]: "so calm", [Mood.LOUD]: "so loud" };

export default function App() {
  const [photo, setPhoto] = useState<Photo>();
  const [lines, setLines] = useState<string[]>([]);

  useEffect(() => {
    const show = (line: string) => setLines((shown) => [...shown, line]);
    const gone = new AbortController();
    const off = follow(show);
    worker.albums.shown.on(setPhoto, { signal: gone.signal });
    search("1", gone.signal).then(show, console.error);
    everything(show).catch(console.error);
    return () => {
      off();
      gone.abort();
    };
  }, []);

  return (
    <main>
      {photo && <h1 title={photo.taken.toLocaleString()}>{MOODS[photo.mood]}</h1>}
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </main>
  );
}
