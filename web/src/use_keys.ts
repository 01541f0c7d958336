import { useEffect, useRef } from 'preact/hooks';
import { pushKeys, type Handlers, type KeyAction } from './keys';

/** Keys that act while the component is there. The handlers may change with each drawing; their names may not. */
export function useKeys(handlers: Handlers): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    const steady: Handlers = {};
    for (const action of Object.keys(latest.current) as KeyAction[]) {
      steady[action] = () => latest.current[action]?.();
    }
    return pushKeys(steady);
  }, []);
}
