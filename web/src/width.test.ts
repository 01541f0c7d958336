import { expect, test } from 'vitest';
import { displayWidth, fitMiddle } from './width';

test('texts are cut in the middle by their width, Chinese characters counting two', () => {
  expect(displayWidth('集群 a')).toBe(6);
  expect(fitMiddle('short', 10)).toBe('short');
  for (const text of ['cart-7d9f6c5b8-x2xkp-and-more', '就绪探针失败连接上游服务超时请检查网络策略']) {
    for (const columns of [5, 12, 20]) expect(displayWidth(fitMiddle(text, columns))).toBeLessThanOrEqual(columns);
  }
});
