import { describe, expect, it } from "vitest";
import { masked } from "./mask";

describe("masked", () => {
  it("leaves two digits of a number, however it is written", () => {
    expect(masked("From", "+15085140320")).toBe("+•••••••••20");
    expect(masked("From", "+1 (508) 514-0320")).toBe("+• (•••) •••-••20");
  });

  it("hides the user of an address, and what names or places a person", () => {
    expect(masked("To", "sip:ann@example.com")).toBe("sip:•••@example.com");
    expect(masked("FromCity", "BOSTON")).toBe("•••");
    expect(masked("CallerName", "")).toBe("");
  });

  it("leaves alone what is not personal", () => {
    for (const value of ["CA1234567890ab1234567890ab12345678", "in-progress", "Sun, 08 Feb 2026 06:11:00 +0000", "29", "2026-02-08T06:11:00Z"])
      expect(masked("Value", value)).toBe(value);
  });
});
