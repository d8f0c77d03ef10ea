import { createTheme } from "@mantine/core";
import type { MantineColorsTuple } from "@mantine/core";

const hook: MantineColorsTuple = [
  "#e6f5f2",
  "#cfe9e4",
  "#a3d6cd",
  "#7cc9bd",
  "#5cc0b2",
  "#38a898",
  "#1f8a7c",
  "#137469",
  "#0f6b62",
  "#0a544d",
];

// The greys of the dark scheme, with the same tint as its ground.
const dark: MantineColorsTuple = [
  "#d3dad9",
  "#b3bdbd",
  "#9aa7a7",
  "#6b7778",
  "#3a4345",
  "#2c3335",
  "#222829",
  "#1a1f20",
  "#121617",
  "#0c0f10",
];

export const theme = createTheme({
  colors: { hook, dark },
  primaryColor: "hook",
  primaryShade: { light: 8, dark: 7 },
  defaultRadius: "md",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif',
  respectReducedMotion: true,
});
