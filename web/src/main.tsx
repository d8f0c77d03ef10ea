import "./app/mantine.css";
import "./app/styles.css";
import { MantineProvider, localStorageColorSchemeManager } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode, Suspense, lazy } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app";
import { createFeed } from "./app/live";
import { createQueryClient } from "./app/session";
import { theme } from "./app/theme";
import { leadOn, placeNow, takeLinkToken } from "./lib/location";
import { startWith } from "./lib/project";
import { SCHEME_KEY } from "./lib/scheme";
import { text } from "./lib/text";
import { Boundary } from "./ui/boundary";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");

document.documentElement.lang = text.locale;
const link = takeLinkToken();
leadOn();
startWith(placeNow().project);

const client = createQueryClient();
const feed = createFeed(client);
const scheme = localStorageColorSchemeManager({ key: SCHEME_KEY });
const Welcome = lazy(() => import("./app/welcome").then((module) => ({ default: module.Welcome })));

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} colorSchemeManager={scheme} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <Boundary of={null}>
          {link === null ? (
            <App feed={feed} />
          ) : (
            <Suspense fallback={null}>
              <Welcome token={link.token} />
            </Suspense>
          )}
        </Boundary>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
