// Data that a page loads for itself: the request is repeated when its key changes, and cancelled when the page goes.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './api';
import { currentTime } from './clock';

export interface Resource<T> {
  data: T | null;
  error: ApiError | null;
  /** True only once the wait has become noticeable: nothing flickers before 300 ms. */
  slow: boolean;
  /** When `data` was loaded. */
  at: number | null;
  reload: () => void;
}

export const slowAfterMs = 300;

interface Held<T> {
  key: string;
  data: T | null;
  error: ApiError | null;
  at: number | null;
}

/** `key` names the data; null means that there is nothing to load. Data of another key is never shown. */
export function useResource<T>(key: string | null, fetcher: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const [held, setHeld] = useState<Held<T>>({ key: '', data: null, error: null, at: null });
  const [slow, setSlow] = useState(false);
  const [turn, setTurn] = useState(0);
  const fetcherNow = useRef(fetcher);
  fetcherNow.current = fetcher;

  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    const timer = setTimeout(() => setSlow(true), slowAfterMs);
    const done = (change: (old: Held<T>) => Held<T>) => {
      clearTimeout(timer);
      if (abort.signal.aborted) return;
      setSlow(false);
      setHeld(change);
    };
    fetcherNow.current(abort.signal).then(
      (data) => done(() => ({ key, data, error: null, at: currentTime() })),
      (failure: unknown) => {
        const error = failure instanceof ApiError ? failure : new ApiError(0, '', String(failure));
        done((old) => (old.key === key ? { ...old, error } : { key, data: null, error, at: null }));
      },
    );
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, turn]);

  const mine = held.key === key;
  return {
    data: mine ? held.data : null,
    error: mine ? held.error : null,
    slow,
    at: mine ? held.at : null,
    reload: () => setTurn((old) => old + 1),
  };
}
