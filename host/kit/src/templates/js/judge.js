// How results compare: whoever passed its checks with the smallest change wins.

export const about = {
  identify: () => ({ name: '{{name}}', version: '0.1.0', summary: '{{summary}}' }),
};

export const judging = {
  compare(results) {
    const same = results.every(({ diff }) => diff === results[0].diff);
    const agreement = same ? 'full' : 'none';
    const sound = results
      .map((result, place) => ({ place, verified: verified(result), size: result.diff.length }))
      .filter(({ place }) => results[place].report.state === 'succeeded');
    // Who is as good as another keeps its place.
    sound.sort((one, other) => other.verified - one.verified || one.size - other.size);
    const points = { pointsOfAgreement: [], differences: [] };
    if (sound.length === 0) return { agreement, reason: 'none of them succeeded', ...points };
    return { agreement, winner: sound[0].place, reason: 'its change is the smallest that holds', ...points };
  },

  dimensions: () => ['verified'],

  rate: (subject) => [
    { dimension: 'verified', score: verified(subject) ? 1000 : 0, reason: 'by whether its checks passed' },
  ],
};

function verified({ report }) {
  return report.verified === 'passed';
}
