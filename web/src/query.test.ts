import { describe, expect, test } from 'vitest';
import type { ClusterEvent } from './contract';
import { eventSchema } from './event_filter';
import { complete, formatTerm, matches, parseFilter, quote, requestOf, withTerm, withoutKey } from './query';

const event: ClusterEvent = {
  id: 'u.1',
  cluster_id: 'shop-prod',
  type: 'k8s_event',
  severity: 'medium',
  message: 'dial tcp 10.0.0.1:8080: connect: Connection refused',
  timestamp: '2026-01-01T00:00:00.000Z',
  namespace: 'shop',
  reason: 'BackOff',
  event_type: 'Warning',
  involved: { kind: 'Pod', namespace: 'shop', name: 'cart-7d9f-x2x' },
};

const terms = (text: string) => parseFilter(eventSchema, text).terms.map(({ key, value, negative }) => [negative ? '-' : '+', key, value]);
const fits = (text: string) => matches(eventSchema, parseFilter(eventSchema, text).terms, event);

describe('parsing', () => {
  test('keys, negation, quotes and free words are told apart', () => {
    expect(terms('ns:shop reason:BackOff -type:Normal "connection refused" timeout')).toEqual([
      ['+', 'ns', 'shop'],
      ['+', 'reason', 'BackOff'],
      ['-', 'type', 'Normal'],
      ['+', '', 'connection refused'],
      ['+', '', 'timeout'],
    ]);
  });

  test('aliases become the canonical key', () => {
    expect(terms('namespace:shop SEV:high')).toEqual([
      ['+', 'ns', 'shop'],
      ['+', 'severity', 'high'],
    ]);
  });

  test('a quoted value may hold blanks, quotes and backslashes', () => {
    expect(terms('name:"a \\"b\\" \\\\ c"')).toEqual([['+', 'name', 'a "b" \\ c']]);
  });

  test('a time or an address is free text, because its colon follows no key', () => {
    expect(terms('10.0.0.1:8080 12:30')).toEqual([
      ['+', '', '10.0.0.1:8080'],
      ['+', '', '12:30'],
    ]);
  });

  test('an unknown key is reported with the nearest known one and filters nothing', () => {
    const filter = parseFilter(eventSchema, 'raeson:BackOff');
    expect(filter.terms).toEqual([]);
    expect(filter.problems).toEqual([{ kind: 'unknown-key', text: 'raeson', hint: 'reason' }]);
  });

  test('an open quote and a missing value are reported', () => {
    expect(parseFilter(eventSchema, '"half').problems[0]?.kind).toBe('open-quote');
    expect(parseFilter(eventSchema, 'ns:').problems[0]?.kind).toBe('empty-value');
  });

  test('no input makes it fail or hang', () => {
    for (const text of ['', '   ', '-', '--', ':', '-:', '"', '\\', 'a:"', '-"', 'ns:""', '\u202e:x', '"\\'.repeat(500)]) {
      expect(() => parseFilter(eventSchema, text)).not.toThrow();
    }
  });
});

describe('matching', () => {
  test('values of one key are alternatives, different keys must all hold', () => {
    expect(fits('ns:shop ns:pay')).toBe(true);
    expect(fits('ns:pay')).toBe(false);
    expect(fits('ns:shop reason:Failed')).toBe(false);
  });

  test('a negative term hides what it names', () => {
    expect(fits('-type:Normal')).toBe(true);
    expect(fits('-type:Warning')).toBe(false);
    expect(fits('-"connection refused"')).toBe(false);
  });

  test('case does not matter, a star stands for any end, words match anywhere', () => {
    expect(fits('REASON:backoff')).toBe(true);
    expect(fits('name:cart-7d9f-x2x')).toBe(true);
    expect(fits('name:cart')).toBe(false);
    expect(fits('name:cart*')).toBe(true);
    expect(fits('name:art*')).toBe(false);
    expect(fits('-reason:Back*')).toBe(false);
    expect(fits('refused dial')).toBe(true);
    expect(fits('refused missing')).toBe(false);
  });

  test('where the agent did not say, Normal is what has severity info', () => {
    const bare = { ...event, event_type: null, severity: 'info' as const };
    expect(matches(eventSchema, parseFilter(eventSchema, 'type:Normal').terms, bare)).toBe(true);
  });
});

describe('what the server is asked', () => {
  const ask = (text: string) => {
    const { params, local } = requestOf(eventSchema, parseFilter(eventSchema, text));
    return [params, local.map((term) => text.slice(term.start, term.end))];
  };

  test('single positive terms become parameters, the rest stays here', () => {
    expect(ask('ns:shop reason:BackOff "connection refused" -type:Normal')).toEqual([
      { namespace: 'shop', reason: 'BackOff', q: 'connection refused' },
      ['-type:Normal'],
    ]);
  });

  test('alternatives, prefixes and words that only Kubernetes knows are filtered here', () => {
    expect(ask('ns:a ns:b name:cart* type:Warning kind:pod one two')).toEqual([{}, ['ns:a', 'ns:b', 'name:cart*', 'type:Warning', 'kind:pod', 'one', 'two']]);
  });

  test('a value that the server would refuse is not sent', () => {
    expect(ask('severity:loud severity:High')).toEqual([{}, ['severity:loud', 'severity:High']]);
    expect(ask('severity:loud')[0]).toEqual({});
    expect(ask('severity:high')[0]).toEqual({ severity: 'high' });
  });

  test('names, kinds and the wire types are known to the server', () => {
    expect(ask('type:k8s_state kind:Pod name:cart')).toEqual([{ type: 'k8s_state', kind: 'Pod', name: 'cart' }, []]);
  });
});

describe('writing', () => {
  test('what is written parses back to the same', () => {
    for (const value of ['plain', 'two words', 'a"b', 'back\\slash', '-dash', 'key:value', '']) {
      for (const key of ['', 'name']) {
        const text = formatTerm(key, value);
        expect(terms(text)).toEqual(value === '' ? [] : [['+', key, value]]);
      }
    }
    expect(quote('x')).toBe('x');
  });

  test('a new value replaces the old one of its key and leaves the rest as typed', () => {
    expect(withTerm(eventSchema, 'ns:shop "a b" -kind:Node', 'ns', 'pay')).toBe('"a b" -kind:Node ns:pay');
    expect(withTerm(eventSchema, 'ns:shop', 'ns', 'pay', true)).toBe('ns:shop -ns:pay');
    expect(withoutKey(eventSchema, 'ns:a kind:Pod ns:b', 'ns')).toBe('kind:Pod');
  });
});

describe('completion', () => {
  const seen = (key: string) => new Map(key === 'reason' ? [['BackOff', 9], ['Failed', 2], ['Two Words', 1]] : []);
  const offer = (text: string, caret = text.length) => complete(eventSchema, text, caret, seen);

  test('keys are offered where a word begins', () => {
    expect(offer('re').items.map((item) => item.insert)).toEqual(['reason:']);
    expect(offer('').items.length).toBeGreaterThan(5);
  });

  test('seen values are offered by how often they occur, and quoted where they must be', () => {
    expect(offer('reason:').items.map((item) => item.label)).toEqual(['BackOff', 'Failed', 'Two Words']);
    expect(offer('reason:two').items[0]?.insert).toBe('reason:"Two Words" ');
  });

  test('the word under the caret is replaced, after its minus sign', () => {
    const text = 'ns:shop -rea kind:Pod';
    const found = offer(text, 12);
    expect(text.slice(0, found.from) + found.items[0]?.insert + text.slice(found.to)).toBe('ns:shop -reason: kind:Pod');
  });

  test('known values are offered before any was seen', () => {
    expect(offer('severity:cri').items[0]?.label).toBe('critical');
  });
});
