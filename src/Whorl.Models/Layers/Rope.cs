using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>A layer's rotary embedding: the table for each session's length, made once for all lengths that have the same.</summary>
internal sealed class Rope
{
    private const int MostTables = 64; // beyond, they are made anew: a stranger chooses the length

    private readonly RopeSpec _spec;
    private readonly float[]?[] _divisors;
    private readonly Dictionary<int, RopeTable> _tables = [];
    private RopeTable[] _ofSessions = []; // of one step; kept so that a step allocates nothing

    private Rope(RopeSpec spec, float[]?[] divisors) => (_spec, _divisors) = (spec, divisors);

    public static Rope? Load(WeightLoader loader, RopeSpec? spec)
    {
        if (spec is null)
        {
            return null;
        }

        loader.Scalings.Add(spec.Scaling);
        return new Rope(spec, [.. spec.Scaling.DivisorRoles.Select(role =>
            spec.DivisorsInCheckpoint && loader.Has(role) ? loader.Values(role, spec.RotaryDimensions / 2) : null)]);
    }

    public Tensor Apply(BlockContext context, Tensor x, int headSize)
    {
        int sessions = context.Sessions.Count;
        if (_ofSessions.Length < sessions)
        {
            Array.Resize(ref _ofSessions, 2 * sessions);
        }

        RopeTable first = Table(context.Sessions[0].MaxLength);
        for (int i = 0; i < sessions; i++)
        {
            _ofSessions[i] = _spec.DependsOnSessionLength ? Table(context.Sessions[i].MaxLength) : first;
        }

        return context.Backend.Rotate(x, headSize, _ofSessions.AsSpan(0, sessions), context.Layout);
    }

    private RopeTable Table(int maxLength)
    {
        int length = _spec.Scaling.EqualLength(maxLength);
        if (!_tables.TryGetValue(length, out RopeTable? table))
        {
            if (_tables.Count == MostTables)
            {
                _tables.Clear();
            }

            table = _spec.Table(length, _divisors[_spec.Scaling.DivisorsFor(length)] ?? []);
            _tables.Add(length, table);
        }

        return table;
    }
}
