using System.Buffers.Binary;
using Whorl.Tensors;

namespace Whorl.Models;

/// <content>Saving and loading, in a form that no backend owns.</content>
/// <remarks>
/// Little-endian. A head of 32-bit words: a mark, first and last block, committed tokens; for each block the elements of a token's keys and
/// of its values (0 without attention), the number of states, and the size of each. Then, for each block, for each 256 tokens: keys
/// <c>[token, head, dimension]</c>, values likewise; then its states. All float32.
/// </remarks>
public sealed partial class SessionCache
{
    private const int Mark = 0x31534357; // "WCS1"
    private const int CommittedAt = 3 * sizeof(int);

    /// <summary>Bytes that <see cref="SaveAsync"/> writes of so many committed tokens; a multiple of 4.</summary>
    public long SavedBytes(int committed)
    {
        long values = 0;
        foreach (BlockCache block in Blocks)
        {
            values += (long)committed * ((block.KeyValues?.KeyElements ?? 0) + (block.KeyValues?.ValueElements ?? 0));
            values += block.States.Sum(state => (long)state.Size);
        }

        return Head(0).Length + (values * sizeof(float));
    }

    /// <summary>Writes what the session remembers; no step may be under way.</summary>
    /// <param name="stream">Receives it.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <exception cref="InvalidOperationException">Scratch tokens are open: give a verdict on them first.</exception>
    public async Task SaveAsync(Stream stream, CancellationToken cancellationToken)
    {
        ThrowIfBroken();
        if (_parents.Count > 0)
        {
            throw new InvalidOperationException($"{_parents.Count} scratch tokens are open; give a verdict on them first");
        }

        await stream.WriteAsync(Head(Committed), cancellationToken);
        foreach (BlockCache block in Blocks)
        {
            for (int first = 0; block.KeyValues is { } store && first < Committed; first += KeyValueStore.PageSlots)
            {
                int slots = Math.Min(KeyValueStore.PageSlots, Committed - first);
                float[] keys = new float[slots * store.KeyElements], values = new float[slots * store.ValueElements];
                store.Export(first, slots, keys, values);
                await WriteAsync(stream, keys, cancellationToken);
                await WriteAsync(stream, values, cancellationToken);
            }

            foreach (StateStore state in block.States)
            {
                float[] values = new float[state.Size];
                state.Export(values);
                await WriteAsync(stream, values, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Makes the session remember what <see cref="SaveAsync"/> wrote of one on the same blocks; no step may be under way.
    /// </summary>
    /// <param name="stream">Gives it; read to its end and no further.</param>
    /// <param name="cancellationToken">Stops the reading; the session is then of no more use.</param>
    /// <exception cref="InvalidDataException">It is of other blocks, or of more tokens than fit; nothing has changed.</exception>
    /// <exception cref="EndOfStreamException">It ends too early; the session is then of no more use.</exception>
    public async Task LoadAsync(Stream stream, CancellationToken cancellationToken)
    {
        ThrowIfBroken();
        byte[] expected = Head(0), head = new byte[expected.Length];
        await stream.ReadExactlyAsync(head, cancellationToken);
        int committed = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(CommittedAt));
        head.AsSpan(CommittedAt, sizeof(int)).Clear();
        if (!head.AsSpan().SequenceEqual(expected) || committed < 0 || committed > MaxLength || _parents.Count > 0)
        {
            throw new InvalidDataException(
                $"what was saved does not fit a session of {MaxLength} tokens on blocks {Range}; it is of another model, other blocks or {committed} tokens");
        }

        Truncate(0);
        bool isWhole = false;
        try
        {
            await LoadBlocksAsync(stream, committed, cancellationToken);
            isWhole = true;
        }
        finally
        {
            if (!isWhole)
            {
                _isBroken = true;
            }
        }

        Committed = committed;
    }

    private static async Task WriteAsync(Stream stream, float[] values, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        }

        await stream.WriteAsync(bytes, cancellationToken);
    }

    private static async Task<float[]> ReadAsync(Stream stream, int count, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[count * sizeof(float)];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
        }

        return values;
    }

    private async Task LoadBlocksAsync(Stream stream, int committed, CancellationToken cancellationToken)
    {
        foreach (BlockCache block in Blocks)
        {
            for (int first = 0; block.KeyValues is { } store && first < committed; first += KeyValueStore.PageSlots)
            {
                int slots = Math.Min(KeyValueStore.PageSlots, committed - first);
                float[] keys = await ReadAsync(stream, slots * store.KeyElements, cancellationToken);
                float[] values = await ReadAsync(stream, slots * store.ValueElements, cancellationToken);
                store.Import(first, slots, keys, values);
            }

            foreach (StateStore state in block.States)
            {
                state.Import(await ReadAsync(stream, state.Size, cancellationToken));
            }
        }
    }

    private void ThrowIfBroken()
    {
        if (_isBroken)
        {
            throw new InvalidOperationException("a step of this session failed half-way: open another one and compute its tokens again");
        }
    }

    private byte[] Head(int committed)
    {
        List<int> words = [Mark, Range.First, Range.Last, committed];
        foreach (BlockCache block in Blocks)
        {
            words.Add(block.KeyValues?.KeyElements ?? 0);
            words.Add(block.KeyValues?.ValueElements ?? 0);
            words.Add(block.States.Count);
            words.AddRange(block.States.Select(state => state.Size));
        }

        byte[] bytes = new byte[words.Count * sizeof(int)];
        for (int i = 0; i < words.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(int)), words[i]);
        }

        return bytes;
    }
}
