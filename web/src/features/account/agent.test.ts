import { describe, expect, it } from "vitest";
import { agentName } from "./agent";

describe("the name of what somebody signed in with", () => {
  it("is that of the browser and its system", () => {
    expect(agentName("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe("Firefox, Linux");
    expect(agentName("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0")).toBe("Edge, Windows");
    expect(agentName("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1")).toBe("Safari, iOS");
  });

  it("is what a program says, if it says anything", () => {
    expect(agentName("curl/8.5.0")).toBe("curl/8.5.0");
    expect(agentName("")).toBeNull();
  });
});
