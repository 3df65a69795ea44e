import { useEffect, useState, type ReactNode } from "react";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const KEY = "theme";
const NAMES: Record<Theme, string> = { auto: "System colours", light: "Light", dark: "Dark" };

/** Light, dark, or as the system says; remembered in this browser. */
export function ThemeButton(): ReactNode {
  const [theme, setTheme] = useState(storedTheme);
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem(KEY, theme);
  }, [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
  return (
    <button
      type="button"
      className="button quiet"
      title={`Switch to: ${NAMES[next]}`}
      onClick={() => setTheme(next)}
    >
      {NAMES[theme]}
    </button>
  );
}

function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === stored) ?? "auto";
}
