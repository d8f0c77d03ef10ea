import { postJson } from "../../lib/api";
import type { NewProject, Project } from "../../lib/types";

export function makeProject(wish: NewProject): Promise<Project> {
  return postJson<Project>("/projects", wish);
}
