/** Twelve counts as bars. The numbers are in the label, for those who do not see the bars. */
export function Spark({ counts, label }: { counts: readonly number[]; label: string }) {
  const top = Math.max(1, ...counts);
  const width = 60 / Math.max(1, counts.length);
  return (
    <svg class="spark" viewBox="0 0 60 18" role="img" aria-label={`${label}: ${counts.join(', ')}`}>
      <title>{`${label}: ${counts.join(' ')}`}</title>
      {counts.map((count, i) => {
        const height = count === 0 ? 1 : Math.max(2, (count / top) * 17);
        return <rect key={i} x={i * width + 0.5} y={18 - height} width={width - 1} height={height} fill="currentColor" opacity={count === 0 ? 0.35 : 0.9} />;
      })}
    </svg>
  );
}
