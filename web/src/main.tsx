import "./app/mantine.css";
import "./app/styles.css";
import { MantineProvider, localStorageColorSchemeManager } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app";
import { createFeed } from "./app/live";
import { createQueryClient } from "./app/session";
import { theme } from "./app/theme";
import { leadOn } from "./lib/location";
import { text } from "./lib/text";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");

document.documentElement.lang = text.locale;
leadOn();

const client = createQueryClient();
const feed = createFeed(client);
const scheme = localStorageColorSchemeManager({ key: "hookswitch-scheme" });

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} colorSchemeManager={scheme} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <App feed={feed} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
