'use strict';

/**
 * What a figure of tasklets has to reach, beside others or on its own.
 *
 * @typedef {object} Figures the medians of one metric
 * @property {number} own
 * @property {number} [bare]
 * @property {number} [bestPool]
 *
 * @typedef {object} Goal
 * @property {string} metric
 * @property {string} [contestant]  whose figure it is about; that of `tasklets` unless given
 * @property {string} text
 * @property {(figures: Figures, better: 'more' | 'less') => { value: string, met: boolean } | undefined} judge  `undefined`: the other one is missing
 */

/** @typedef {'bare' | 'bestPool'} Rival */

const NAMES = { bare: 'bare worker_threads', bestPool: 'the best pool' };

/** How many times better `a` is than `b`. @param {number} a @param {number} b @param {'more' | 'less'} better */
const timesBetter = (a, b, better) => (better === 'more' ? a / b : b / a);

/**
 * @param {string} metric
 * @param {Rival} rival
 * @param {number} factor
 * @param {string} text
 * @returns {Goal}
 */
function besides(metric, rival, factor, text) {
  return {
    metric,
    text,
    judge(figures, better) {
      const other = figures[rival];
      if (other === undefined) return undefined;
      const times = timesBetter(figures.own, other, better);
      return { value: `${times.toFixed(2)} x`, met: times >= factor };
    },
  };
}

/** So many times better than the rival. @param {string} metric @param {number} factor @param {Rival} rival */
const times = (metric, factor, rival) => besides(metric, rival, factor, `>= ${factor} x ${NAMES[rival]}`);

/** At most a share of the rival's figure, where less is better. @param {string} metric @param {number} part @param {Rival} rival */
const oneOf = (metric, part, rival) => besides(metric, rival, part, `<= 1/${part} of ${NAMES[rival]}`);

/** Worse than the rival by at most so much of its figure. @param {string} metric @param {number} share @param {Rival} rival */
const within = (metric, share, rival) =>
  besides(
    metric,
    rival,
    1 / (1 + share),
    share ? `within ${share * 100} % of ${NAMES[rival]}` : `not behind ${NAMES[rival]}`,
  );

/** A figure of its own, whoever else takes part. @param {string} metric @param {number} value @param {string} unit @returns {Goal} */
const least = (metric, value, unit) => ({
  metric,
  text: `>= ${value.toLocaleString('en')} ${unit}`,
  judge: ({ own }) => ({
    value: own.toLocaleString('en', { maximumSignificantDigits: 4 }),
    met: own >= value,
  }),
});

/** @param {string} metric @param {number} value @param {string} unit @returns {Goal} */
const most = (metric, value, unit) => ({
  metric,
  text: `<= ${value.toLocaleString('en')} ${unit}`,
  judge: ({ own }) => ({
    value: own.toLocaleString('en', { maximumSignificantDigits: 3 }),
    met: own <= value,
  }),
});

/** The same goal for another configuration of tasklets. @param {string} contestant @param {Goal} goal @returns {Goal} */
const by = (contestant, goal) => ({ ...goal, contestant, text: `${contestant}: ${goal.text}` });

module.exports = { by, times, oneOf, within, least, most, timesBetter };
