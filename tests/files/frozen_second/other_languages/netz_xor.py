# -*- coding: utf-8 -*-
# Praktikum Informatik, Aufgabe 3: künstliches neuronales Netz lernt XOR
import numpy as np

np.random.seed(42)

eingaben = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
ziele = np.array([[0], [1], [1], [0]])

lernrate = 0.3
traegheit = 0.8  # Momentum, nur für die Gewichte

gewichte_versteckt = np.random.uniform(-1, 1, (2, 4))
schwelle_versteckt = np.random.uniform(-1, 1, 4)
gewichte_ausgabe = np.random.uniform(-1, 1, (4, 1))
schwelle_ausgabe = np.random.uniform(-1, 1, 1)

letzte_aenderung_versteckt = np.zeros_like(gewichte_versteckt)
letzte_aenderung_ausgabe = np.zeros_like(gewichte_ausgabe)


def sigmoide(netz):
    return 1 / (1 + np.exp(-netz))


def vorwaerts(muster):
    """Netzeingabe minus Schwellenwert, wie im Skript"""
    versteckt = sigmoide(np.dot(muster, gewichte_versteckt) - schwelle_versteckt)
    ausgabe = sigmoide(np.dot(versteckt, gewichte_ausgabe) - schwelle_ausgabe)
    return versteckt, ausgabe


def rueckwaerts(muster, ziel):
    global gewichte_versteckt, schwelle_versteckt, gewichte_ausgabe, schwelle_ausgabe
    global letzte_aenderung_versteckt, letzte_aenderung_ausgabe

    versteckt, ausgabe = vorwaerts(muster)
    fehler = ziel - ausgabe

    delta_ausgabe = fehler * ausgabe * (1 - ausgabe)
    delta_versteckt = np.dot(gewichte_ausgabe, delta_ausgabe) * versteckt * (1 - versteckt)

    aenderung_ausgabe = lernrate * np.outer(versteckt, delta_ausgabe) + traegheit * letzte_aenderung_ausgabe
    aenderung_versteckt = lernrate * np.outer(muster, delta_versteckt) + traegheit * letzte_aenderung_versteckt

    gewichte_ausgabe += aenderung_ausgabe
    gewichte_versteckt += aenderung_versteckt
    schwelle_ausgabe -= lernrate * delta_ausgabe
    schwelle_versteckt -= lernrate * delta_versteckt

    letzte_aenderung_ausgabe = aenderung_ausgabe
    letzte_aenderung_versteckt = aenderung_versteckt
    return float(0.5 * np.sum(fehler ** 2))


epochen = 2000
for epoche in range(epochen):
    gesamtfehler = 0
    for muster, ziel in zip(eingaben, ziele):
        gesamtfehler += rueckwaerts(muster, ziel)
    if epoche % 200 == 0:
        print(f"Epoche {epoche}: Fehler {gesamtfehler:.5f}")

for muster in eingaben:
    print(muster, "->", vorwaerts(muster)[1])
