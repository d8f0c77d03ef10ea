import { postJson } from "./api";
import { ROOT, hrefOf, placeOf } from "./location";
import type { Me } from "./types";

/** To a view of another project. The page is loaded anew, so that nothing of the one is taken for the other's. */
export async function goToProject(project: string, view: string | null): Promise<void> {
  // It is the one for new pages from now on; when that cannot be kept, this page goes there all the same.
  await postJson<Me>("/api/me/project", { project_id: project }).catch(() => undefined);
  window.location.assign(hrefOf({ ...placeOf(ROOT), view, project }));
}
