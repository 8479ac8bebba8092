using Whorl.Models;
using Whorl.Protocol.Messages;

namespace Whorl.Server.Petals;

/// <summary>Which blocks a request names, of those that a server has.</summary>
/// <param name="prefix">The model's prefix in the swarm.</param>
/// <param name="served">The server's blocks.</param>
internal sealed class BlockUids(string prefix, BlockRange served)
{
    /// <summary>The model's prefix in the swarm.</summary>
    public string Prefix { get; } = prefix;

    /// <summary>Whether one name is a block of this server.</summary>
    public bool IsServed(string uid) => TryRead(uid, out _);

    /// <summary>The blocks of a chain of names, which must follow each other.</summary>
    /// <exception cref="PetalsException">One of them is not served, or they do not follow each other.</exception>
    public BlockRange Resolve(string chain)
    {
        string[] uids = chain.Split(' ');
        int first = 0;
        for (int i = 0; i < uids.Length; i++)
        {
            if (!TryRead(uids[i], out int block))
            {
                throw PetalsException.NotServed(uids[i]);
            }

            first = i == 0 ? block : first;
            if (block != first + i)
            {
                throw new PetalsException("ValueError", $"{uids[i]} does not follow {uids[i - 1]}: only consecutive blocks are computed in one request");
            }
        }

        return new BlockRange(first, first + uids.Length - 1);
    }

    private bool TryRead(string uid, out int block)
    {
        block = -1;
        try
        {
            ModuleUid name = ModuleUid.Parse(uid);
            block = name.Block;
            return name.Prefix == Prefix && served.First <= block && block <= served.Last && name.ToString() == uid;
        }
        catch (WireFormatException)
        {
            return false; // whatever it is, nobody serves it
        }
    }
}
