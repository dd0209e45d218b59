'use strict';

/** @param {number[]} values @param {number} fraction 0 to 1 */
function quantile(values, fraction) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * fraction;
  const below = Math.floor(at);
  const above = Math.ceil(at);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

/** @param {number[]} values */
const median = (values) => quantile(values, 0.5);

/**
 * Half the distance between the lowest and the highest value, as a fraction of the median: the ± of a figure.
 *
 * @param {number[]} values
 */
function spread(values) {
  const middle = median(values);
  if (values.length < 2 || middle === 0) return 0;
  return (Math.max(...values) - Math.min(...values)) / 2 / Math.abs(middle);
}

module.exports = { median, quantile, spread };
