namespace Whorl.Models;

/// <summary>A change of rotary frequencies that lets a model read texts longer than it was trained on.</summary>
public abstract record RopeScaling
{
    /// <summary>No change.</summary>
    public static RopeScaling None { get; } = new Unscaled();

    /// <summary>Multiplies sine and cosine.</summary>
    public virtual float Factor => 1;

    /// <summary>Whether the frequencies depend on a session's declared length; they are then fixed when it opens.</summary>
    public virtual bool DependsOnSessionLength => false;

    /// <summary>
    /// A length that has the same frequencies as this one, the same for all that have them; so that their sessions share a table.
    /// </summary>
    /// <param name="maxLength">A session's declared length in tokens.</param>
    public virtual int EqualLength(int maxLength) => 0;

    /// <summary>
    /// Roles of the divisors of frequencies that a checkpoint may hold: <see cref="DivisorsFor"/> says which of them serves a session.
    /// </summary>
    public virtual IReadOnlyList<string> DivisorRoles => [Role.RopeDivisors];

    /// <summary>The number among <see cref="DivisorRoles"/> of those for a session of so many tokens.</summary>
    public virtual int DivisorsFor(int maxLength) => 0;

    /// <summary>The base for a session of so many tokens.</summary>
    public virtual double Theta(double theta, int dimensions, int maxLength) => theta;

    /// <summary>The longest text that the change is meant for, in tokens.</summary>
    /// <param name="contextLength">
    /// What the config gives as the model's longest: before the change where the variant tells so, else it is taken to hold behind it.
    /// </param>
    public virtual double LongestText(int contextLength) => contextLength;

    /// <summary>Changes the frequencies in place.</summary>
    public virtual void Apply(Span<double> frequencies, double theta, int maxLength)
    {
    }

    private sealed record Unscaled : RopeScaling;
}
