using Whorl.Models;

namespace Whorl.Client.Links;

/// <summary>A session on one server, whatever protocol it speaks: a driver without policy.</summary>
internal interface ILink : IBlockSession, IAble
{
    /// <summary>Tokens that are committed there.</summary>
    int Committed { get; }

    /// <summary>Whether what the last step took says how long others take; not where its answer was there already.</summary>
    bool TellsTime => true;

    /// <summary>How often it has gone on over another connection after one broke, and how long that took the last time.</summary>
    (int Times, TimeSpan LastPause) Attached => default;
}
