namespace Whorl.Generation.Speculation;

/// <summary>
/// What a pass of so many rows takes, from what the last passes took: a line through those of about as many rows, the later ones counting more. A measurement
/// far above what is expected moves it little: it is more often a pause, or code that runs for the first time, than the pass's own time.
/// </summary>
public sealed class PassTimes
{
    private const int Kept = 64;
    private const double Later = 0.96; // what the pass before counts
    private const double MostAbove = 1.3; // times what was expected
    private const double FirstSlope = 0.03; // of a pass of one row, a row more: until it is known, so that it is tried
    private const double FirstWeight = 0.5; // of that guess, in passes
    private const double Near = 0.8; // in powers of two of rows

    private readonly (int Rows, double Log, double Seconds)[] _passes = new (int, double, double)[Kept];
    private int _count;
    private double _one;

    /// <summary>Whether a pass of one row was measured.</summary>
    public bool IsKnown => _one > 0;

    /// <summary>Counts a pass.</summary>
    /// <param name="rows">Its rows, 1 or more.</param>
    /// <param name="time">How long it took, with what is computed behind it.</param>
    public void Count(int rows, TimeSpan time)
    {
        double seconds = Math.Max(time.TotalSeconds, 1e-9);
        if (rows == 1)
        {
            _one = _one == 0 ? seconds : _one + (seconds < _one ? 0.3 * (seconds - _one) : 0.1 * (Math.Min(seconds, MostAbove * _one) - _one));
        }
        else if (IsKnown)
        {
            _passes[_count++ % Kept] = (rows, Math.Log2(rows), Math.Min(seconds, MostAbove * Of(rows)));
        }
    }

    /// <summary>Seconds that a pass takes, not less than one of one row.</summary>
    /// <exception cref="InvalidOperationException">None of one row was measured.</exception>
    public double Of(int rows)
    {
        if (!IsKnown)
        {
            throw new InvalidOperationException("no pass of one row was measured");
        }

        if (rows == 1)
        {
            return _one;
        }

        double log = Math.Log2(rows);
        Line line = new(rows);
        line.Add(1, _one, FirstWeight * Nearness(log));
        line.Add(rows, _one * (1 + (FirstSlope * (rows - 1))), FirstWeight);
        double weight = 1;
        for (int i = _count - 1; i >= Math.Max(_count - Kept, 0); i--)
        {
            (int passRows, double passLog, double seconds) = _passes[i % Kept];
            line.Add(passRows, seconds, weight * Nearness(log - passLog));
            weight *= Later;
        }

        return Math.Max(line.Value, _one);
    }

    private static double Nearness(double logs) => Math.Exp(-logs * logs / (2 * Near * Near));

    /// <summary>The line with the least squares, at a place.</summary>
    private struct Line(double at)
    {
        private double _w, _x, _y, _xx, _xy;

        public readonly double Value
        {
            get
            {
                double spread = (_w * _xx) - (_x * _x), slope = spread > 1e-9 * _w * _xx ? Math.Max(((_w * _xy) - (_x * _y)) / spread, 0) : 0;
                return (_y - (slope * _x)) / _w; // x counts from the place
            }
        }

        public void Add(double x, double y, double weight)
        {
            x -= at;
            _w += weight;
            _x += weight * x;
            _y += weight * y;
            _xx += weight * x * x;
            _xy += weight * x * y;
        }
    }
}
