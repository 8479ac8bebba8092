using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>What a block needs besides the hidden states: who computes, whose rows these are, and their caches.</summary>
internal sealed class BlockContext(IBackend backend)
{
    private readonly List<SessionCache> _sessions = [];
    private KeyValueStore[] _keyValues = [];
    private StateStore[] _states = [];
    private LinearWeight[] _weights = new LinearWeight[4]; // of one call; kept so that a step allocates nothing

    public IBackend Backend { get; } = backend;

    public StepLayout Layout { get; } = new();

    public IReadOnlyList<SessionCache> Sessions => _sessions;

    /// <summary>The block's number in the model.</summary>
    public int Block { get; set; }

    /// <summary>The value that crosses block boundaries behind the residual stream, <c>[rows, side]</c>; a block may replace it.</summary>
    public Tensor Side { get; set; }

    public void Clear()
    {
        Layout.Clear();
        _sessions.Clear();
    }

    public void Add(SessionCache session)
    {
        _sessions.Add(session);
        if (_keyValues.Length < _sessions.Count)
        {
            Array.Resize(ref _keyValues, 2 * _sessions.Count);
            Array.Resize(ref _states, 2 * _sessions.Count);
        }
    }

    /// <summary>
    /// A linear layer, and what it is added to. Every linear layer of a block goes through here or through the form for several.
    /// </summary>
    public Tensor Linear(LinearSite site, Tensor x, Tensor? residual = null) => Backend.Linear(x, site.Weight, residual);

    /// <summary>Several linear layers of the same input.</summary>
    /// <param name="sites">The layers.</param>
    /// <param name="x"><c>[rows, inputs]</c>.</param>
    /// <param name="y">Receives one result a layer, <c>[rows, outputs]</c>.</param>
    public void Linear(ReadOnlySpan<LinearSite> sites, Tensor x, Span<Tensor> y)
    {
        if (_weights.Length < sites.Length)
        {
            _weights = new LinearWeight[sites.Length];
        }

        for (int i = 0; i < sites.Length; i++)
        {
            _weights[i] = sites[i].Weight;
        }

        Backend.Linear(x, _weights.AsSpan(0, sites.Length), y);
    }

    /// <summary>Each session's keys and values in this block.</summary>
    public ReadOnlySpan<KeyValueStore> KeyValues()
    {
        for (int i = 0; i < _sessions.Count; i++)
        {
            _keyValues[i] = _sessions[i].Block(Block).KeyValues!;
        }

        return _keyValues.AsSpan(0, _sessions.Count);
    }

    /// <summary>Each session's last recurrent state in this block, the feed-forward layer's where it has one.</summary>
    public ReadOnlySpan<StateStore> LastStates() => States(_sessions[0].Block(Block).States.Count - 1);

    /// <summary>Each session's recurrent state in this block.</summary>
    /// <param name="index">Which of the block's states.</param>
    public ReadOnlySpan<StateStore> States(int index)
    {
        for (int i = 0; i < _sessions.Count; i++)
        {
            _states[i] = _sessions[i].Block(Block).States[index];
        }

        return _states.AsSpan(0, _sessions.Count);
    }
}
