using Whorl.P2P;

namespace Whorl.Cli.Arguments;

/// <summary>Keys whose owners may ask a server to leave.</summary>
internal static class Operators
{
    private const long MostBytes = 1 << 20;

    /// <summary>Reads what was given: a peer's id, or a file with one on each line; what follows a # is not read.</summary>
    /// <exception cref="CliException">It is neither; the message says what is wrong.</exception>
    public static IReadOnlySet<PeerId> Read(string? given)
    {
        if (given is null)
        {
            return new HashSet<PeerId>();
        }

        if (PeerId.TryParse(given, out PeerId? id))
        {
            return new HashSet<PeerId> { id };
        }

        FileInfo file = new(given);
        if (!file.Exists)
        {
            throw new CliException($"--operator is neither a peer's id nor a file: {given}");
        }

        if (file.Length > MostBytes)
        {
            throw new CliException($"--operator {given} has {file.Length} bytes; ids of peers, one on each line, have at most {MostBytes}");
        }

        HashSet<PeerId> all = [];
        int number = 0;
        foreach (string line in File.ReadLines(given))
        {
            number++;
            string text = line.Split('#')[0].Trim();
            if (text.Length > 0)
            {
                all.Add(PeerId.TryParse(text, out PeerId? named) ? named : throw new CliException($"--operator {given}, line {number}: this is no peer's id: {text}"));
            }
        }

        return all.Count > 0 ? all : throw new CliException($"--operator {given} names nobody");
    }
}
