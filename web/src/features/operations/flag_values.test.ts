import { describe, expect, it } from "vitest";
import type { Flag } from "../../lib/types";
import { narrows, offered, scopeOf, sent } from "./flag_values";

const ingestion: Flag = { name: "webhook_ingestion_enabled", value: "on", project: null, installation: null, configuration: "on", words: ["off", "shadow", "on"] };
const share: Flag = { name: "worker_percentage", value: "30", project: "30", installation: null, configuration: "100", words: [] };

describe("the values of a flag", () => {
  it("a project is offered what the installation allows", () => {
    expect(offered(ingestion, "project")).toEqual(["off", "shadow", "on"]);
    const held = { ...ingestion, value: "shadow", installation: "shadow" };
    expect(offered(held, "project")).toEqual(["off", "shadow"]);
    expect(offered(held, "installation")).toEqual(["off", "shadow", "on"]);
  });

  it("percents come in steps, the present one among them", () => {
    expect(offered(share, "project")).toEqual(["0", "10", "25", "30", "50", "100"]);
    expect(offered({ ...share, installation: "40" }, "project")).toEqual(["0", "10", "25", "30", "40"]);
    expect(scopeOf(share, "installation")).toBe("100");
  });

  it("less is asked about, the widest takes the setting back", () => {
    expect(narrows({ flag: ingestion, scope: "project", value: "shadow" })).toBe(true);
    expect(narrows({ flag: share, scope: "project", value: "50" })).toBe(false);
    expect(sent({ flag: share, scope: "project", value: "100" })).toBe("");
    expect(sent({ flag: share, scope: "project", value: "50" })).toBe("50");
    expect(sent({ flag: ingestion, scope: "installation", value: "on" })).toBe("");
  });
});
