namespace Whorl.Tensors;

/// <summary>The operations that model families are written in.</summary>
/// <remarks>
/// Every operation returns fresh memory from the workspace and leaves its arguments alone. Each has one canonical order of arithmetic,
/// independent of the number of rows, of how a text came in chunks, of threads and of the instruction set: row r of a result depends on row
/// r of the arguments and on what the layout lets it see, and on nothing else, bit for bit. A backend is used by one thread at a time; it
/// spreads the work over threads of its own.
/// </remarks>
public interface IBackend : IDisposable
{
    /// <summary>What computes, for people: instruction set and threads.</summary>
    string Name { get; }

    /// <summary>
    /// Whose order of arithmetic it keeps: backends of one class compute the same bytes. Another word whenever an operation's canonical
    /// order changes.
    /// </summary>
    string KernelClass { get; }

    /// <summary>In what form activations meet quantised weights.</summary>
    ActivationFormat Activations { get; }

    /// <summary>What it holds beside weights; may be asked at any time.</summary>
    BackendMemory Memory { get; }

    /// <summary>Gives the system what has been free since this was last called; at any time.</summary>
    void TrimMemory();

    /// <summary>Takes a tensor of undefined content from the workspace.</summary>
    Tensor Rent(int rows, int columns);

    /// <summary>Remembers how much of the workspace is taken.</summary>
    long Mark();

    /// <summary>Gives back everything taken since the mark; the tensors are dead.</summary>
    void Release(long mark);

    /// <summary>Fills a rented tensor from this process's memory.</summary>
    /// <param name="values">As many as the tensor has elements, row after row.</param>
    /// <param name="into">The tensor, or a slice of it; nothing has been computed from it yet.</param>
    /// <exception cref="ShapeMismatchException">There are more or fewer.</exception>
    void Upload(ReadOnlySpan<float> values, Tensor into);

    /// <summary>Copies a tensor's elements out to this process's memory, row after row.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="values">Receives as many values as it has elements.</param>
    /// <exception cref="ShapeMismatchException">There is room for more or fewer.</exception>
    void Download(Tensor tensor, Span<float> values);

    /// <summary>
    /// Copies a tensor onto a rented one of as many rows and columns, which a release between the two then does not take.
    /// </summary>
    void Copy(Tensor from, Tensor into);

    /// <summary>A tensor of zeros.</summary>
    Tensor Zeros(int rows, int columns);

    /// <summary>Brings a weight matrix into the kernels' form.</summary>
    /// <exception cref="NotSupportedException">The backend has no kernel for the type; the message names it.</exception>
    /// <exception cref="ShapeMismatchException">The columns are no whole number of blocks.</exception>
    Matrix Pack(in PackRequest request);

    /// <summary>Keeps a small weight as it is.</summary>
    /// <param name="values">Row-major, <c>[rows, columns]</c>; copied.</param>
    /// <param name="rows">Number of rows; 1 for a vector.</param>
    /// <exception cref="ShapeMismatchException">The values are no whole number of rows.</exception>
    Parameter CreateParameter(ReadOnlySpan<float> values, int rows = 1);

    /// <summary>Makes a recurrent state of zeros.</summary>
    /// <param name="size">Elements of one state.</param>
    StateStore CreateStateStore(int size);

    /// <summary>Makes an empty store of keys and values.</summary>
    /// <param name="spec">The layer's shape.</param>
    /// <param name="capacity">Slots: the most tokens, scratch included. Memory is taken when they are first used.</param>
    /// <param name="format">How keys and values are kept.</param>
    KeyValueStore CreateKeyValueStore(AttentionSpec spec, int capacity, KeyValueFormat format = KeyValueFormat.F32);

    /// <summary>Rows of an embedding table, expanded exactly: <c>[ids, columns]</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not a row of the table.</exception>
    Tensor Gather(Matrix table, ReadOnlySpan<int> ids);

    /// <summary>Several linear layers of the same input: <c>y[i] = W[i] x (+ b[i])</c>.</summary>
    /// <param name="x"><c>[rows, inputs]</c>.</param>
    /// <param name="weights">The layers; their inputs are x's columns.</param>
    /// <param name="y">Receives one result a layer, <c>[rows, outputs]</c>.</param>
    void Linear(Tensor x, ReadOnlySpan<LinearWeight> weights, Span<Tensor> y);

    /// <summary>A linear layer, and what it is added to: <c>y = W x (+ b) (+ residual)</c>, added in this order.</summary>
    Tensor Linear(Tensor x, LinearWeight weight, Tensor? residual = null);

    /// <summary>
    /// Root-mean-square norm over groups of columns: <c>y = x / √(mean(x²) + ε) · w</c>, the mean over each group. Source:
    /// arXiv:1910.07467.
    /// </summary>
    /// <param name="x"><c>[rows, columns]</c>.</param>
    /// <param name="weight">The gain, <c>[group]</c> (the same for each group) or <c>[columns]</c>; null for none.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="group">Columns of a group, a divisor of the columns; 0 for all of them.</param>
    Tensor RmsNorm(Tensor x, Parameter? weight, float epsilon, int group = 0);

    /// <summary>Layer norm over groups of columns: <c>y = (x - mean) / √(variance + ε) · w + b</c>. Source: arXiv:1607.06450.</summary>
    /// <param name="x"><c>[rows, columns]</c>.</param>
    /// <param name="weight">The gain, <c>[group]</c> or <c>[columns]</c>; null for none.</param>
    /// <param name="bias">b, shaped as the gain; null for none.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="group">Columns of a group, a divisor of the columns; 0 for all of them.</param>
    Tensor LayerNorm(Tensor x, Parameter? weight, Parameter? bias, float epsilon, int group = 0);

    /// <summary>a + b, element by element; b may have one row, which is then added to each.</summary>
    Tensor Add(Tensor a, Tensor b);

    /// <summary>a · b, element by element; b may have one row, or one column, which then multiplies each.</summary>
    Tensor Multiply(Tensor a, Tensor b);

    /// <summary>a · factor.</summary>
    Tensor Scale(Tensor a, float factor);

    /// <summary>Each element limited to [minimum, maximum]. NaN stays NaN.</summary>
    Tensor Clamp(Tensor a, float minimum, float maximum);

    /// <summary>cap · tanh(a / cap).</summary>
    Tensor SoftCap(Tensor a, float cap);

    /// <summary>f(a), element by element.</summary>
    Tensor Activate(Activation function, Tensor a);

    /// <summary>f(gate) · up: equal, bit for bit, to <see cref="Multiply"/> of <see cref="Activate"/>.</summary>
    Tensor Gate(Activation function, Tensor gate, Tensor up);

    /// <summary>Each element rounded to bfloat16 (half to even) and back.</summary>
    Tensor RoundToBFloat16(Tensor a);

    /// <summary>
    /// Each row rounded to 8 bits by a scale of its own, and back: <c>y = round(a · s) / s</c> with <c>s = 127 / max(max |a|, 10⁻⁵)</c>,
    /// halves to even.
    /// </summary>
    /// <remarks>What BitNet does to the input of every linear layer. Its gradient is taken to be 1. Source: arXiv:2402.17764.</remarks>
    Tensor RoundToInt8(Tensor a);

    /// <summary>Turns each head's pairs of dimensions by its row's position; see <see cref="RopeTable"/>.</summary>
    /// <param name="x"><c>[rows, heads · headSize]</c>.</param>
    /// <param name="headSize">Width of a head; at least the tables' rotary dimensions.</param>
    /// <param name="tables">A table for each segment, all with the same number of rotary dimensions.</param>
    /// <param name="layout">Positions of the rows.</param>
    Tensor Rotate(Tensor x, int headSize, ReadOnlySpan<RopeTable> tables, StepLayout layout);

    /// <summary>
    /// Writes the new keys and values to their slots, then attends: softmax(scale · q·k, masked) v over the slots a row sees, in position
    /// order.
    /// </summary>
    /// <param name="q"><c>[rows, Heads · KeySize]</c>, rotated.</param>
    /// <param name="k"><c>[rows, KeyValueHeads · KeySize]</c>, rotated.</param>
    /// <param name="v"><c>[rows, KeyValueHeads · ValueSize]</c>.</param>
    /// <param name="spec">The layer's variant.</param>
    /// <param name="layout">Whose rows these are and what they see.</param>
    /// <param name="stores">This layer's store of each segment.</param>
    /// <returns><c>[rows, Heads · ValueSize]</c>.</returns>
    Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionSpec spec, StepLayout layout, ReadOnlySpan<KeyValueStore> stores);

    /// <summary>
    /// Each row's predecessor in its text, zeros for a text's first; every session's state of this layer is its last row.
    /// </summary>
    /// <param name="x"><c>[rows, columns]</c>.</param>
    /// <param name="layout">Whose rows these are.</param>
    /// <param name="states">This layer's state of each segment, of <c>columns</c> elements.</param>
    Tensor Previous(Tensor x, StepLayout layout, ReadOnlySpan<StateStore> states);

    /// <summary>
    /// Depthwise causal convolution along each text: <c>y_t = bias + Σ_k w[k] · x_(t-K+1+k)</c>, k ascending, one fused multiply-add a
    /// term; x before a text's first row is 0.
    /// </summary>
    /// <param name="x"><c>[rows, channels]</c>.</param>
    /// <param name="weight">w, <c>[K, channels]</c>.</param>
    /// <param name="bias"><c>[channels]</c>, or null.</param>
    /// <param name="layout">Whose rows these are.</param>
    /// <param name="states">This layer's state of each segment, of <c>(K - 1) · channels</c> elements: the last inputs.</param>
    Tensor CausalConvolution(Tensor x, Parameter weight, Parameter? bias, StepLayout layout, ReadOnlySpan<StateStore> states);

    /// <summary>
    /// Mamba's selective scan. For each channel, with a state h of N elements: <c>h ← e^(Δ·A) · h + (Δ·x) · B</c>, then <c>y = h·C +
    /// D·x</c>. Source: Gu and Dao, arXiv:2312.00752, algorithm 2.
    /// </summary>
    /// <param name="x"><c>[rows, channels]</c>.</param>
    /// <param name="step">Δ, positive, <c>[rows, channels]</c>.</param>
    /// <param name="b">B, <c>[rows, N]</c>.</param>
    /// <param name="c">C, <c>[rows, N]</c>.</param>
    /// <param name="a">A, negative, <c>[N, channels]</c>.</param>
    /// <param name="d">D, <c>[channels]</c>.</param>
    /// <param name="layout">Whose rows these are.</param>
    /// <param name="states">This layer's state of each segment, of <c>channels · N</c> elements.</param>
    Tensor SelectiveScan(
        Tensor x, Tensor step, Tensor b, Tensor c, Parameter a, Parameter d, StepLayout layout, ReadOnlySpan<StateStore> states);

    /// <summary>
    /// Mamba-2's selective scan: as <see cref="SelectiveScan"/>, with one Δ, A and D a head, and B and C shared by the heads of a group.
    /// Source: Dao and Gu, arXiv:2405.21060, section 7.
    /// </summary>
    /// <param name="x"><c>[rows, heads · P]</c>.</param>
    /// <param name="step">Δ, positive, <c>[rows, heads]</c>.</param>
    /// <param name="b">B, <c>[rows, groups · N]</c>; head h reads group h / (heads / groups).</param>
    /// <param name="c">C, <c>[rows, groups · N]</c>.</param>
    /// <param name="a">A, negative, <c>[heads]</c>.</param>
    /// <param name="d">D, <c>[heads]</c>.</param>
    /// <param name="groups">Groups, a divisor of the heads.</param>
    /// <param name="layout">Whose rows these are.</param>
    /// <param name="states">This layer's state of each segment, of <c>heads · P · N</c> elements.</param>
    Tensor SelectiveScanByHead(
        Tensor x, Tensor step, Tensor b, Tensor c, Parameter a, Parameter d, int groups, StepLayout layout,
        ReadOnlySpan<StateStore> states);

    /// <summary>
    /// RWKV-7's generalised delta rule. For each head, with a state S of <c>[values, keys]</c>: <c>S ← S · diag(w) + (S·a) bᵀ + v kᵀ</c>,
    /// then <c>y = S r</c>. Source: Peng et al., arXiv:2503.14456, equations 16 to 18.
    /// </summary>
    /// <param name="r">Receptance, <c>[rows, heads · headSize]</c>; all others are shaped so.</param>
    /// <param name="logDecay">ln w, at most 0.</param>
    /// <param name="k">What is added: keys.</param>
    /// <param name="v">What is added: values.</param>
    /// <param name="a">What is looked up and taken away: minus the normalised key.</param>
    /// <param name="b">Where it is taken away: the normalised key times the learning rate.</param>
    /// <param name="headSize">Width of a head.</param>
    /// <param name="layout">Whose rows these are.</param>
    /// <param name="states">This layer's state of each segment, of <c>heads · headSize²</c> elements.</param>
    Tensor DeltaRuleScan(
        Tensor r, Tensor logDecay, Tensor k, Tensor v, Tensor a, Tensor b, int headSize, StepLayout layout,
        ReadOnlySpan<StateStore> states);

    /// <summary>Some rows of x, in the order asked for; a row may be asked for more than once.</summary>
    Tensor SelectRows(Tensor x, ReadOnlySpan<int> rows);

    /// <summary>A run of columns of every row, copied out.</summary>
    Tensor SelectColumns(Tensor x, int firstColumn, int columns);

    /// <summary>The tensors side by side: row r is their rows r, one after another.</summary>
    /// <param name="parts">At least one; all of the same number of rows.</param>
    Tensor ConcatColumns(params ReadOnlySpan<Tensor> parts);

    /// <summary>The tensors' rows, one tensor after another.</summary>
    /// <param name="parts">At least one; all of the same width.</param>
    Tensor ConcatRows(params ReadOnlySpan<Tensor> parts);

    /// <summary>Chooses experts for each row.</summary>
    /// <remarks>
    /// Best first; of equal scores, the lower number. The weights are the scores without <see cref="RouterSpec.Bias"/>, divided by their
    /// sum in order of rank where the spec says so, then scaled.
    /// </remarks>
    /// <param name="logits"><c>[rows, Experts]</c>.</param>
    /// <param name="spec">The rule.</param>
    /// <param name="chosen">Receives the experts' numbers, <c>[rows · Chosen]</c>.</param>
    /// <returns>Their weights, <c>[rows, Chosen]</c>.</returns>
    Tensor Route(Tensor logits, RouterSpec spec, Span<int> chosen);

    /// <summary>
    /// Sums groups of rows with weights, in order: <c>y[r] = Σ_j weights[r, j] · x[r·n + j]</c>, one fused multiply-add a term.
    /// </summary>
    /// <param name="x"><c>[rows · n, columns]</c>.</param>
    /// <param name="weights"><c>[rows, n]</c>.</param>
    Tensor CombineRows(Tensor x, Tensor weights);

    /// <summary>Softmax of every row: <c>e^(x - max) / Σ e^(x - max)</c>.</summary>
    Tensor Softmax(Tensor x);
}
