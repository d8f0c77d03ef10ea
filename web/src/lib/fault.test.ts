import { describe, expect, it } from "vitest";
import { ApiError } from "./api";
import { faultOf } from "./fault";

describe("faultOf", () => {
  it("leaves what the API says of a failure", () => {
    const error = new ApiError(503, "The store is away", ["Turn it off and on"], "t1");
    expect(faultOf(error)).toBe(error);
  });

  it.each([
    "Failed to fetch dynamically imported module: https://calls.example.org/app/assets/page-1.js",
    "error loading dynamically imported module: https://calls.example.org/app/assets/page-1.js",
    "Importing a module script failed.",
    "Unable to preload CSS for /app/assets/page-1.css",
  ])("knows a piece of the page that did not come: %s", (said) => {
    expect(faultOf(new TypeError(said))).toMatchObject({
      message: "A piece of this page could not be fetched",
      howToFix: [expect.stringContaining("online")],
    });
  });

  it.each([new TypeError("x is undefined"), "x is undefined"])("quotes what nobody foresaw: %s", (error) => {
    expect(faultOf(error)).toMatchObject({ message: "This page has a fault", howToFix: [expect.stringContaining("x is undefined")] });
  });
});
