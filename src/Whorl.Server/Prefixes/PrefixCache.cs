using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Whorl.Models;
using Whorl.P2P;

namespace Whorl.Server.Prefixes;

/// <summary>
/// Pages of texts that were computed here, by what entered the blocks: a session that begins as another one did takes its pages instead of
/// computing them again. They lie in memory that no session needs: who was used least lately goes first. Safe for many threads.
/// </summary>
/// <remarks>
/// A page's key is a digest chained over all pages before it, of the inputs as they came, deep prompts included, and at its root of the
/// contract, the blocks, what of the session's length decides bytes, and the scope: so whoever finds a page would have computed the same
/// bytes.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "lives as long as the process's blocks; clearing it gives everything back")]
internal sealed class PrefixCache
{
    private readonly Lock _gate = new();
    private readonly DecoderSpan _span;
    private readonly MemoryBudget _budget;
    private readonly long _mostOfOwner;
    private readonly Dictionary<UInt128, LinkedListNode<PrefixPage>> _pages = [];
    private readonly LinkedList<PrefixPage> _byUse = new(); // the longest unused first
    private readonly Dictionary<PeerId, long> _bytesOf = [];

    /// <param name="span">The blocks.</param>
    /// <param name="budget">Whose free memory it uses.</param>
    /// <param name="ownerShare">The part of the budget that one peer's pages may take.</param>
    public PrefixCache(DecoderSpan span, MemoryBudget budget, double ownerShare)
    {
        (_span, _budget, _mostOfOwner) = (span, budget, (long)(budget.Bytes * ownerShare));
        budget.Reclaim += Reclaim;
    }

    /// <summary>Bytes of all pages.</summary>
    public long Bytes => _budget.Spare;

    /// <summary>Pages.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _pages.Count;
            }
        }
    }

    /// <summary>Pages that sessions have taken instead of computing them.</summary>
    public long Hits { get; private set; }

    /// <summary>What stands before the first page of a session.</summary>
    /// <param name="cache">The session's.</param>
    /// <param name="owner">Its peer.</param>
    /// <param name="scope">Who shares its pages: whoever gives the same bytes; empty for the peer alone.</param>
    public UInt128 Root(SessionCache cache, PeerId owner, ReadOnlySpan<byte> scope)
    {
        StringBuilder text = new();
        text.Append("whorl prefix 1\n").Append(_span.Contract.Of(cache.Range).Text).Append("blocks ").Append(cache.Range).Append('\n');
        foreach (int length in _span.EqualLengths(cache.MaxLength))
        {
            text.Append("length ").Append(length).Append('\n');
        }

        text.Append(scope.IsEmpty ? $"owner {owner}\n" : $"scope {Convert.ToHexString(scope)}\n");
        return Digest(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>Puts the page that a digest stands for into a session that is at its beginning.</summary>
    /// <param name="digest">Of all that entered the blocks up to the page's end.</param>
    /// <param name="output">Receives what left the blocks, <c>[256, boundary]</c>.</param>
    /// <param name="cache">Takes the page.</param>
    /// <returns>Whether it is here.</returns>
    public bool TryAdopt(UInt128 digest, Span<float> output, SessionCache cache)
    {
        lock (_gate)
        {
            if (!_pages.TryGetValue(digest, out LinkedListNode<PrefixPage>? node))
            {
                return false;
            }

            _byUse.Remove(node);
            _byUse.AddLast(node);
            cache.AdoptPage(node.Value.Page);
            node.Value.Output.GetSpan().CopyTo(output);
            Hits++;
            return true;
        }
    }

    /// <summary>Keeps a page, if there is memory that no session needs.</summary>
    /// <param name="digest">Of all that entered the blocks up to the page's end.</param>
    /// <param name="owner">Whose session has computed it.</param>
    /// <param name="cache">The session.</param>
    /// <param name="page">The page's number in it.</param>
    /// <param name="first">What left the blocks, the first of its rows.</param>
    /// <param name="rest">The others: <c>[256, boundary]</c> together.</param>
    public void Add(UInt128 digest, PeerId owner, SessionCache cache, int page, ReadOnlySpan<float> first, ReadOnlySpan<float> rest)
    {
        long outputBytes = (long)(first.Length + rest.Length) * sizeof(float);
        lock (_gate)
        {
            if (_pages.ContainsKey(digest))
            {
                return;
            }

            CachedPage held = cache.SharePage(page);
            PrefixPage entry = new(digest, owner, held, held.Bytes + outputBytes);
            if (!TryTake_NeedsLock(entry))
            {
                held.Dispose();
                return;
            }

            entry.Output = new StepFloats(first.Length + rest.Length);
            first.CopyTo(entry.Output.GetSpan());
            rest.CopyTo(entry.Output.GetSpan()[first.Length..]);
            _pages.Add(digest, _byUse.AddLast(entry));
        }
    }

    /// <summary>Forgets all pages.</summary>
    public void Clear() => Reclaim(long.MaxValue);

    internal static UInt128 Digest(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private void Reclaim(long bytes)
    {
        lock (_gate)
        {
            while (bytes > 0 && _byUse.First is { } oldest)
            {
                bytes -= oldest.Value.Bytes;
                Remove_NeedsLock(oldest);
            }
        }
    }

    private bool TryTake_NeedsLock(PrefixPage entry)
    {
        long held = _bytesOf.GetValueOrDefault(entry.Owner);
        for (LinkedListNode<PrefixPage>? node = _byUse.First; node is not null && held + entry.Bytes > _mostOfOwner;)
        {
            LinkedListNode<PrefixPage>? next = node.Next;
            if (node.Value.Owner == entry.Owner)
            {
                held -= node.Value.Bytes;
                Remove_NeedsLock(node);
            }

            node = next;
        }

        if (held + entry.Bytes > _mostOfOwner)
        {
            return false;
        }

        while (!_budget.TryTakeSpare(entry.Bytes))
        {
            if (_byUse.First is not { } oldest)
            {
                return false;
            }

            Remove_NeedsLock(oldest);
        }

        _bytesOf[entry.Owner] = _bytesOf.GetValueOrDefault(entry.Owner) + entry.Bytes;
        return true;
    }

    private void Remove_NeedsLock(LinkedListNode<PrefixPage> node)
    {
        PrefixPage page = node.Value;
        _byUse.Remove(node);
        _pages.Remove(page.Digest);
        page.Page.Dispose();
        ((IDisposable)page.Output).Dispose();
        _budget.GiveSpare(page.Bytes);
        long left = _bytesOf[page.Owner] - page.Bytes;
        if (left == 0)
        {
            _bytesOf.Remove(page.Owner);
        }
        else
        {
            _bytesOf[page.Owner] = left;
        }
    }

    private sealed record PrefixPage(UInt128 Digest, PeerId Owner, CachedPage Page, long Bytes)
    {
        /// <summary>What left the blocks, <c>[256, boundary]</c>.</summary>
        public StepFloats Output { get; set; } = null!;
    }
}
