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

export const theme = createTheme({
  colors: { hook },
  primaryColor: "hook",
  primaryShade: { light: 8, dark: 4 },
  autoContrast: true,
  defaultRadius: "md",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif',
  respectReducedMotion: true,
});
