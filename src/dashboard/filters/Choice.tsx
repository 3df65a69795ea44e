import { useId, type ReactNode } from "react";

/** One of a few, all in sight: native radio buttons in a row. */
export function Choice<T extends string>({
  legend,
  options,
  labels,
  value,
  onChange,
}: {
  legend: string;
  options: readonly T[];
  labels: Record<T, string>;
  /** None of the options where something else was chosen. */
  value: string;
  onChange: (value: T) => void;
}): ReactNode {
  const name = useId();
  return (
    <fieldset className="choice">
      <legend className="visually-hidden">{legend}</legend>
      {options.map((option) => (
        <label key={option}>
          <input
            type="radio"
            name={name}
            value={option}
            checked={option === value}
            onChange={() => onChange(option)}
          />
          <span>{labels[option]}</span>
        </label>
      ))}
    </fieldset>
  );
}
