namespace Whorl.Generation;

/// <summary>Chooses tokens from logits. Allocates nothing once it is made.</summary>
/// <remarks>
/// The choice depends on the logits, the text so far, the seed and the position alone, in float64 arithmetic that is the same on every
/// platform.
/// </remarks>
public sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly float[] _logits;
    private readonly double[] _weights;
    private readonly int[] _candidates;
    private readonly int[] _generated;
    private readonly bool[] _seen;
    private readonly Comparison<int> _likelierFirst;

    /// <summary>A sampler for a text.</summary>
    /// <param name="options">How to choose.</param>
    /// <param name="vocabularySize">Number of logits.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public Sampler(SamplingOptions options, int vocabularySize)
    {
        options.Validate();
        _options = options;
        _logits = new float[vocabularySize];
        _weights = new double[vocabularySize];
        _candidates = new int[vocabularySize];
        _generated = new int[vocabularySize];
        _seen = new bool[vocabularySize];
        _likelierFirst = (a, b) => _logits[a] != _logits[b] ? _logits[b].CompareTo(_logits[a]) : a.CompareTo(b);
    }

    /// <summary>Tells of tokens of the prompt, for the repetition penalty.</summary>
    public void Observe(ReadOnlySpan<int> prompt)
    {
        foreach (int id in prompt)
        {
            _seen[id] = true;
        }
    }

    /// <summary>Counts tokens that another one with the same options has chosen for the text, before it goes on here.</summary>
    public void Resume(ReadOnlySpan<int> generated)
    {
        foreach (int id in generated)
        {
            _generated[id]++;
        }
    }

    /// <summary>Chooses the token at a position, and remembers it for the penalties.</summary>
    /// <param name="logits"><c>[vocabulary]</c>; left as they are.</param>
    /// <param name="position">Position of the token that is chosen.</param>
    /// <exception cref="ModelOutputException">A logit is not a number, or the largest is infinite.</exception>
    public int Next(ReadOnlySpan<float> logits, int position)
    {
        logits.CopyTo(_logits);
        Penalise();
        int best = Best();
        int chosen = _options.Temperature == 0 ? best : Draw(best, position);
        _seen[chosen] = true;
        _generated[chosen]++;
        return chosen;
    }

    private void Penalise()
    {
        bool repetition = _options.RepetitionPenalty != 1, generated = _options.FrequencyPenalty != 0 || _options.PresencePenalty != 0;
        if (!repetition && !generated)
        {
            return;
        }

        for (int id = 0; id < _logits.Length; id++)
        {
            if (repetition && _seen[id])
            {
                _logits[id] = _logits[id] > 0 ? _logits[id] / _options.RepetitionPenalty : _logits[id] * _options.RepetitionPenalty;
            }

            if (_generated[id] > 0)
            {
                _logits[id] -= (_generated[id] * _options.FrequencyPenalty) + _options.PresencePenalty;
            }
        }
    }

    private int Best()
    {
        int best = 0;
        for (int id = 0; id < _logits.Length; id++)
        {
            best = _logits[id] > _logits[best] ? id : best;
            if (float.IsNaN(_logits[id]))
            {
                throw Nonsense(id);
            }
        }

        return float.IsFinite(_logits[best]) ? best : throw Nonsense(best);
    }

    private ModelOutputException Nonsense(int id) =>
        new($"the model computed nonsense (logit {id} is {_logits[id]}); its files, or what servers hold of them, are damaged");

    private int Draw(int best, int position)
    {
        double total = 0, largest = _logits[best];
        for (int id = 0; id < _logits.Length; id++)
        {
            _weights[id] = PortableExp.Of((_logits[id] - largest) / _options.Temperature);
            total += _weights[id];
        }

        int count = Candidates(total);
        double kept = 0;
        for (int i = 0; i < count; i++)
        {
            kept += _weights[_candidates[i]];
        }

        double target = PositionRandom.Uniform(_options.Seed, position) * kept;
        for (int i = 0; i < count; i++)
        {
            target -= _weights[_candidates[i]];
            if (target < 0)
            {
                return _candidates[i];
            }
        }

        return _candidates[count - 1]; // rounding: the last one's share ended a hair early
    }

    /// <summary>Fills the candidates, likeliest first where an option needs an order, and returns how many there are.</summary>
    private int Candidates(double total)
    {
        int count;
        if (_options.TopK > 0)
        {
            count = TakeLikeliest(_options.TopK);
            total = 0;
            for (int i = 0; i < count; i++)
            {
                total += _weights[_candidates[i]];
            }
        }
        else
        {
            count = TakeAbove(Floor(total));
            if (_options.TopP < 1)
            {
                _candidates.AsSpan(0, count).Sort(_likelierFirst);
            }
        }

        count = _options.TopP < 1 ? TopP(count, total) : count;
        while (_options.TopK > 0 && _weights[_candidates[count - 1]] < _options.MinP)
        {
            count--; // never the likeliest, which weighs 1
        }

        return count;
    }

    /// <summary>Below this weight no token can stay. The likeliest weighs 1.</summary>
    private double Floor(double total)
    {
        // All tokens below this together weigh less than what TopP may leave out.
        double floor = _options.TopP < 1 ? total * (1 - (double)_options.TopP) / _logits.Length : 0;
        return Math.Max(floor, _options.MinP);
    }

    private int TakeAbove(double floor)
    {
        int count = 0;
        for (int id = 0; id < _logits.Length; id++)
        {
            if (_weights[id] >= floor && _weights[id] > 0)
            {
                _candidates[count++] = id;
            }
        }

        return count;
    }

    /// <summary>Keeps the k likeliest in order; most tokens are dismissed by one comparison with the last of them.</summary>
    private int TakeLikeliest(int k)
    {
        int count = 0;
        for (int id = 0; id < _logits.Length; id++)
        {
            if (_weights[id] == 0 || (count == k && _likelierFirst(id, _candidates[count - 1]) > 0))
            {
                continue;
            }

            int at = ~_candidates.AsSpan(0, count).BinarySearch(new Place(this, id));
            count = Math.Min(count + 1, k);
            _candidates.AsSpan(at, count - 1 - at).CopyTo(_candidates.AsSpan(at + 1));
            _candidates[at] = id;
        }

        return count;
    }

    private int TopP(int count, double total)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += _weights[_candidates[i]];
            if (sum >= total * (double)_options.TopP)
            {
                return i + 1;
            }
        }

        return count;
    }

    /// <summary>Where a token belongs among the candidates.</summary>
    private readonly struct Place(Sampler sampler, int id) : IComparable<int>
    {
        public int CompareTo(int other) => sampler._likelierFirst(id, other);
    }
}
