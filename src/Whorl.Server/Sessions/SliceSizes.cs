namespace Whorl.Server;

/// <summary>How many rows of long steps a pass takes, from what rows have taken lately.</summary>
/// <remarks>
/// While nobody decodes, as many as take 200 ms. While somebody does, whose steps are computed between two blocks of the pass, so few that
/// a block of them takes half as long as a step that decodes: who comes at the worst moment waits for that, and for others' steps. Used
/// under the scheduler's lock.
/// </remarks>
/// <param name="time">The clock.</param>
/// <param name="mostBytes">Bytes that the intermediate results of a pass may take.</param>
internal sealed class SliceSizes(TimeProvider time, long mostBytes)
{
    /// <summary>Rows of a pass at most.</summary>
    public const int MostRows = 1024;

    /// <summary>Rows that are worth a place in a pass of others, while nobody decodes.</summary>
    public const int Least = 32;

    /// <summary>The same while somebody does.</summary>
    public const int LeastWithDecoding = 2;

    private const int First = 128; // while it is not known how long a row takes
    private const int FirstWithDecoding = 4;
    private const double BlockOfDecode = 0.5;
    private const int LeastMeasured = 16; // of fewer rows, what does not grow with them is not little

    private static readonly TimeSpan PassTime = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PassTimeWithDecoding = TimeSpan.FromMilliseconds(50); // who has no part in it may wait for the backend
    private static readonly TimeSpan DecodingTime = TimeSpan.FromSeconds(2); // from its last step on somebody counts as decoding

    private double _secondsPerRow;
    private double _secondsPerRowWithDecoding; // a row of a short slice costs more than one of a long one
    private int _lastWithDecoding; // from which they grow, at most to twice as many
    private double _decodeSeconds; // of a pass of short steps, usually
    private long _lastDecode; // when one ended
    private long _rowBytes;

    /// <summary>Rows that a pass may have, by what the last one has taken for each.</summary>
    public int Limit => _rowBytes == 0 ? MostRows : (int)Math.Clamp(mostBytes / _rowBytes, LeastMeasured, MostRows);

    /// <summary>Whether somebody has decoded lately.</summary>
    public bool IsDecoding => _lastDecode != 0 && time.GetElapsedTime(_lastDecode) < DecodingTime;

    /// <summary>Rows of the next pass of long steps.</summary>
    /// <param name="isDecoding">Whether somebody decodes meanwhile.</param>
    /// <param name="blocks">Blocks that it goes through.</param>
    public int Next(bool isDecoding, int blocks)
    {
        int limit = Limit;
        if (!isDecoding)
        {
            _lastWithDecoding = 0;
            return _secondsPerRow == 0
                ? Math.Min(First, limit)
                : (int)Math.Clamp(PassTime.TotalSeconds / _secondsPerRow, Math.Min(Least, limit), limit);
        }

        double seconds = Math.Min(_decodeSeconds * BlockOfDecode * blocks, PassTimeWithDecoding.TotalSeconds);
        double fitting = _secondsPerRowWithDecoding == 0 ? 0 : seconds / _secondsPerRowWithDecoding;
        int most = Math.Min(limit, Math.Max(FirstWithDecoding, 2 * _lastWithDecoding));
        _lastWithDecoding = (int)Math.Clamp(fitting, LeastWithDecoding, most);
        return _lastWithDecoding;
    }

    /// <summary>Learns from a pass of short steps.</summary>
    public void CountDecode(TimeSpan took)
    {
        _decodeSeconds = Usual(_decodeSeconds, took.TotalSeconds);
        _lastDecode = time.GetTimestamp();
    }

    /// <summary>Learns from a pass of long steps.</summary>
    /// <param name="rows">Its rows, 1 or more.</param>
    /// <param name="isDecoding">Whether somebody decoded meanwhile.</param>
    /// <param name="took">Without the steps between its blocks.</param>
    /// <param name="bytes">Bytes that its intermediate results have taken.</param>
    public void Count(int rows, bool isDecoding, TimeSpan took, long bytes)
    {
        ref double seconds = ref isDecoding ? ref _secondsPerRowWithDecoding : ref _secondsPerRow;
        seconds = Usual(seconds, took.TotalSeconds / rows);
        _rowBytes = rows >= LeastMeasured ? bytes / rows : _rowBytes;
    }

    /// <summary>Follows the median: what others make take long now and then is not usual.</summary>
    private static double Usual(double before, double now) =>
        before == 0 ? now : now > before ? Math.Min(now, before * 1.1) : Math.Max(now, before / 1.1);
}
