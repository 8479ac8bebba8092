namespace Whorl.Testing;

/// <summary>The fuzz rule: any bytes give a message or one kind of exception, nothing else.</summary>
public static class Fuzz
{
    /// <summary>Runs the action; lets the one kind of exception pass.</summary>
    /// <returns>Whether it succeeded.</returns>
    public static bool Accepts<TException>(Action action)
        where TException : Exception
    {
        try
        {
            action();
            return true;
        }
        catch (TException)
        {
            return false;
        }
    }

    /// <summary>Mutations of a sample, seeded: flipped, overwritten, inserted and cut bytes, and noise.</summary>
    public static IEnumerable<byte[]> Mutations(byte[] sample, int count, Random random)
    {
        for (int round = 0; round < count; round++)
        {
            var bytes = new List<byte>(sample);
            for (int change = random.Next(1, 5); change > 0 && bytes.Count > 0; change--)
            {
                int at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0:
                        bytes[at] ^= (byte)(1 << random.Next(8));
                        break;
                    case 1:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 2:
                        bytes.Insert(at, (byte)random.Next(256));
                        break;
                    default:
                        bytes.RemoveRange(at, random.Next(1, Math.Min(8, bytes.Count - at) + 1));
                        break;
                }
            }

            yield return [.. bytes];
        }
    }
}
