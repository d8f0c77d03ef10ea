// The server's table of which role may do what.
import { queryOptions } from "@tanstack/react-query";
import { getJson } from "./api";
import type { RoleTable } from "./types";

export const roleTable = queryOptions({
  queryKey: ["roles"],
  queryFn: ({ signal }) => getJson<RoleTable>("/api/roles", {}, signal),
  staleTime: Infinity,
});
