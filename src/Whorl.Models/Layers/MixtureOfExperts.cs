using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>
/// Feed-forward layers of which each token goes through a few. No expert has a capacity: a token's result never depends on the others'.
/// </summary>
/// <remarks>
/// <c>y = Σ_j weight_j · expert_j(x) (+ shared(x))</c>, the sum in order of rank. In a step only the weights of experts that some row chose
/// are read; each expert computes its rows at once.
/// </remarks>
internal sealed class MixtureOfExperts : IFeedForward
{
    private readonly RouterSpec _spec;
    private readonly LinearSite _router;
    private readonly FeedForward[] _experts;
    private readonly FeedForward? _shared;
    private readonly LinearSite? _sharedRouter;
    private readonly Tensor[] _results;
    private int[] _chosen = [];
    private int[] _rows = []; // of each choice, expert by expert
    private int[] _places = []; // where a choice's result stands among the experts' results

    public MixtureOfExperts(WeightLoader loader, FeedForwardSpec spec, int hidden)
    {
        ExpertsSpec experts = spec.Experts!;
        _router = loader.Linear(Role.Router, experts.Count, hidden, experts.RouterBias);
        _experts = new FeedForward[experts.Count];
        _results = new Tensor[experts.Count];
        for (int i = 0; i < _experts.Length; i++)
        {
            _experts[i] = new FeedForward(loader, spec, hidden, "expert_", i);
        }

        if (experts.SharedSize > 0)
        {
            _shared = new FeedForward(loader, spec with { Size = experts.SharedSize }, hidden, "shared_");
            _sharedRouter = experts.SharedIsGated ? loader.Linear(Role.SharedRouter, 1, hidden) : null;
        }

        _spec = new RouterSpec
        {
            Experts = experts.Count,
            Chosen = experts.Chosen,
            Score = experts.Score,
            Normalise = experts.Normalise,
            Scale = experts.Scale,
            Groups = experts.Groups,
            ChosenGroups = experts.ChosenGroups,
            GroupTerms = experts.GroupTerms,
            Bias = experts.HasScoreBias ? loader.Vector(Role.ScoreBias, experts.Count) : null,
        };
    }

    public int StateSize => 0;

    public Tensor Forward(BlockContext context, Tensor x, Tensor? residual)
    {
        IBackend backend = context.Backend;
        int choices = x.Rows * _spec.Chosen;
        if (_chosen.Length < choices)
        {
            (_chosen, _rows, _places) = (new int[choices], new int[choices], new int[choices]);
        }

        Tensor weights = backend.Route(context.Linear(_router, x), _spec, _chosen.AsSpan(0, choices));
        Tensor y = backend.CombineRows(backend.SelectRows(Compute(context, x, choices), _places.AsSpan(0, choices)), weights);
        y = _shared is null ? y : backend.Add(y, Share(context, x));
        return residual is { } r ? backend.Add(r, y) : y;
    }

    /// <summary>The results of all experts that were chosen, one expert after another.</summary>
    private Tensor Compute(BlockContext context, Tensor x, int choices)
    {
        IBackend backend = context.Backend;
        int used = 0, place = 0;
        for (int expert = 0; expert < _experts.Length; expert++)
        {
            int first = place;
            for (int i = 0; i < choices; i++)
            {
                if (_chosen[i] == expert)
                {
                    _rows[place] = i / _spec.Chosen;
                    _places[i] = place++;
                }
            }

            if (place > first)
            {
                _results[used++] = _experts[expert].Forward(context, backend.SelectRows(x, _rows.AsSpan(first, place - first)), null);
            }
        }

        return backend.ConcatRows(_results.AsSpan(0, used));
    }

    private Tensor Share(BlockContext context, Tensor x)
    {
        IBackend backend = context.Backend;
        Tensor y = _shared!.Forward(context, x, null);
        return _sharedRouter is null ? y : backend.Multiply(y, backend.Activate(Activation.Sigmoid, context.Linear(_sharedRouter, x)));
    }
}
