export interface Choice<V extends string> {
  value: V;
  label: string;
}

interface Props<V extends string> {
  label: string;
  value: V;
  choices: readonly Choice<V>[];
  choose: (value: V) => void;
}

/** A few alternatives side by side, one of them pressed. */
export function Choices<V extends string>({ label, value, choices, choose }: Props<V>) {
  return (
    <div class="labelled">
      <span>{label}</span>
      <div class="choices" role="group" aria-label={label}>
        {choices.map((choice) => (
          <button key={choice.value} type="button" aria-pressed={choice.value === value} onClick={() => choose(choice.value)}>
            {choice.label}
          </button>
        ))}
      </div>
    </div>
  );
}
