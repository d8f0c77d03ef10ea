import { describe, expect, it } from "vitest";
import { peaks, scaled } from "./peaks";

describe("peaks", () => {
  it("are the loudest samples of their parts, above or below zero", () => {
    expect(peaks([0, 0.1, -0.9, 0.2, 0.3, -0.1], 3)).toEqual([0.1, 0.9, 0.3]);
  });

  it("leave no sample out when the parts are of unequal length", () => {
    const samples = new Float32Array(1000);
    samples[999] = -1;
    samples[0] = 0.5;
    const drawn = peaks(samples, 7);
    expect(drawn).toHaveLength(7);
    expect([drawn[0], drawn[6]]).toEqual([0.5, 1]);
  });

  it("are no more than there are samples, and none of nothing", () => {
    expect(peaks([0.25, -0.5], 10)).toEqual([0.25, 0.5]);
    expect(peaks([], 10)).toEqual([]);
    expect(peaks([1], 0)).toEqual([]);
  });

  it("of peaks are those of the samples", () => {
    const samples = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i * i));
    expect(peaks(peaks(samples, 1024), 64)).toEqual(peaks(samples, 64));
  });
});

describe("scaled lanes", () => {
  it("share one scale", () => {
    expect(scaled([[0.1, 0.2], [0.4, 0]])).toEqual([[0.25, 0.5], [1, 0]]);
  });

  it("do not make much of silence", () => {
    expect(scaled([[0.025, 0]])).toEqual([[0.5, 0]]);
    expect(scaled([[], []])).toEqual([[], []]);
  });
});
